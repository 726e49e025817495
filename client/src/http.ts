import { apiError, CrmApiError, CrmConnectionError, CrmError } from './errors.js';

export interface CrmOptions {
  /** Where the service is, without a path: `https://crm.example.com`. */
  url: string;
  key: string;
  /** How often a request is repeated that may be repeated; 2 by default. */
  maxRetries?: number;
  /** Milliseconds for one attempt; 30 000 by default. */
  timeout?: number;
  fetch?: typeof fetch;
  /** Reads and writes JSON, for amounts beyond a double: `parse` and `stringify` of lossless-json. */
  json?: { parse: (text: string) => unknown; stringify: (value: unknown) => string | undefined };
}

export interface RequestOptions {
  /** The object as it was read with this client, or its ETag: the write fails if it has changed since. */
  ifMatch?: object | string;
  /** Of a POST. The client makes one by itself; give your own to repeat a request after a restart of your program. */
  idempotencyKey?: string;
  /** What the response to a write shows, as `fields` and `expand` of a read do. */
  fields?: string;
  expand?: string;
  /** Allows a response from a replica, which can be some seconds old. */
  staleOk?: boolean;
  signal?: AbortSignal;
  maxRetries?: number;
  timeout?: number;
}

export interface Request extends RequestOptions {
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

const LONGEST_WAIT_MS = 60_000;

/** Sends requests, and repeats those that failed and may be repeated. */
export class Http {
  private readonly etags = new WeakMap<object, string>();
  private readonly json;

  constructor(private readonly options: CrmOptions) {
    this.json = options.json ?? JSON;
  }

  async request<T>(method: Method, path: string, request: Request = {}): Promise<T> {
    const url = new URL(path, this.options.url);
    const { fields, expand } = request;
    // Numbers and booleans become texts by themselves.
    for (const [name, value] of Object.entries({ fields, expand, ...request.query }))
      if (value !== undefined) url.searchParams.set(name, value);
    const headers = this.headersOf(method, request);
    const body = request.body === undefined ? null : (this.json.stringify(request.body) ?? null);
    const maxRetries = request.maxRetries ?? this.options.maxRetries ?? 2;
    let mayBeDone = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.attempt(url, { method, headers, body }, request)) as T;
      } catch (error) {
        // An earlier attempt deleted it, and its response got lost.
        if (method === 'DELETE' && mayBeDone && error instanceof CrmApiError && error.status === 404)
          return { id: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), deleted: true } as T;
        if (attempt >= maxRetries || !mayRepeat(method, headers, error)) throw error;
        mayBeDone ||= !isUndone(error);
        await wait(delayOf(error, attempt), request.signal);
      }
    }
  }

  private headersOf(method: Method, { body, ifMatch, idempotencyKey, staleOk }: Request): Headers {
    const headers = new Headers({ accept: 'application/json', authorization: `Bearer ${this.options.key}` });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (method === 'POST') headers.set('idempotency-key', idempotencyKey ?? crypto.randomUUID());
    if (staleOk) headers.set('prefer', 'stale-ok');
    if (ifMatch !== undefined) headers.set('if-match', this.etagOf(ifMatch));
    return headers;
  }

  private etagOf(object: object | string): string {
    const etag = typeof object === 'string' ? object : this.etags.get(object);
    if (etag === undefined)
      throw new CrmError('ifMatch needs an object that this client has retrieved or written, or an ETag.');
    return etag;
  }

  private async attempt(url: URL, init: RequestInit, { signal, timeout }: Request): Promise<unknown> {
    const [response, text] = await this.exchange(url, init, timeout ?? this.options.timeout ?? 30_000, signal);
    const value = this.read(text);
    if (!response.ok) throw apiError(response, value);
    const etag = response.headers.get('etag');
    if (etag !== null && typeof value === 'object' && value !== null) this.etags.set(value, etag);
    return value;
  }

  /** The response with its whole body, as a connection can also break in the middle of one. */
  private async exchange(
    url: URL,
    init: RequestInit,
    timeout: number,
    signal?: AbortSignal,
  ): Promise<[Response, string]> {
    const limit = AbortSignal.timeout(timeout);
    try {
      const send = this.options.fetch ?? fetch;
      const response = await send(url, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit });
      return [response, await response.text()];
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new CrmConnectionError(`No response from ${url.origin}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** A proxy's own response may be of any kind; the error then has the status alone. */
  private read(text: string): unknown {
    try {
      return this.json.parse(text);
    } catch {
      return undefined;
    }
  }
}

/** A failure of which the service says that nothing was done. */
function isUndone(error: unknown): boolean {
  return error instanceof CrmApiError && ([408, 429].includes(error.status) || UNDONE_CONFLICTS.includes(error.code));
}

const UNDONE_CONFLICTS: readonly string[] = ['conflict', 'idempotency_key_in_use'];

/**
 * A POST has its key, so it is done once however often it is sent. A PATCH, PUT or DELETE gives the same object when it is
 * repeated, but not with `If-Match`: if the first attempt was done, the second one is refused.
 */
function mayRepeat(method: Method, headers: Headers, error: unknown): boolean {
  if (isUndone(error)) return true;
  const isUnknown = error instanceof CrmConnectionError || (error instanceof CrmApiError && error.status >= 500);
  return isUnknown && (method === 'GET' || method === 'POST' || !headers.has('if-match'));
}

/** `Retry-After` in seconds; else half a second, doubled with each attempt, with a random part so that clients spread. */
function delayOf(error: unknown, attempt: number): number {
  const seconds = error instanceof CrmApiError ? Number(error.headers.get('retry-after')) : 0;
  const delay = seconds > 0 ? seconds * 1000 : 500 * 2 ** attempt;
  return Math.min(delay * (1 + Math.random() / 4), LONGEST_WAIT_MS);
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}
