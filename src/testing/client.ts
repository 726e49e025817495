import type { SchemaCheck } from './schema-check.js';

/** JSON of the API as tests read it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read answers whose shape the schema check has proven
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
  text: string;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  /** Sent as it is; a body that is not a string is sent as JSON. */
  body?: unknown;
}

/** Calls the service over HTTP with one key, and holds every answer against the OpenAPI document. */
export class Client {
  constructor(
    readonly origin: string,
    readonly key: string | undefined,
    private readonly check: SchemaCheck,
  ) {}

  /** `path` starts at the API's base, as in `/opportunity`, or at the root when it starts with `//`. */
  async request(method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<Answer> {
    const url = this.origin + (path.startsWith('//') ? path.slice(1) : `/api/crm${path}`);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const mediaType = response.headers.get('content-type')?.split(';')[0];
    const isJson = mediaType === 'application/json';
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
    if (mediaType !== undefined && method !== 'HEAD' && new URL(url).pathname.startsWith('/api/'))
      this.check(method, new URL(url), answer.status, isJson ? answer.body : text, mediaType);
    return answer;
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.request('GET', path, { ...(headers && { headers }) });
  }

  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.request('POST', path, { body, ...(headers && { headers }) });
  }

  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.request('PATCH', path, { body, ...(headers && { headers }) });
  }

  delete(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.request('DELETE', path, { ...(headers && { headers }) });
  }
}
