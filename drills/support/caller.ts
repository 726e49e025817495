/** What the service answered. */
export interface Called {
  status: number;
  text: string;
  body: Record<string, unknown>;
}

/** Calls the service, counts, and notes whatever is not a success. */
export class Caller {
  requests = 0;
  readonly failures: string[] = [];

  constructor(
    /** Up to `/api/crm`. */
    private readonly base: string,
    private readonly key: string,
  ) {}

  get(path: string): Promise<Called> {
    return this.call('GET', path);
  }

  post(path: string, body: object, headers: Record<string, string> = {}): Promise<Called> {
    return this.call('POST', path, body, headers);
  }

  patch(path: string, body: object): Promise<Called> {
    return this.call('PATCH', path, body);
  }

  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.failures.push(otherwise);
  }

  private async call(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Called> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...more };
    this.requests += 1;
    const response = await fetch(this.base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    this.expect(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
  }
}
