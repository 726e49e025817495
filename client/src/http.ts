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
  /** Of the deletion of a stage or pipeline: the stage that its deals move to. */
  moveTo?: string;
  /** What the response to a write shows, as `fields` and `expand` of a read do. */
  fields?: string;
  expand?: string;
  /** Allows a response from a replica, which can be some seconds old. */
  staleOk?: boolean;
  signal?: AbortSignal | undefined;
  maxRetries?: number;
  timeout?: number;
}

export interface Request extends RequestOptions {
  query?: Readonly<Record<string, unknown>> | undefined;
  /** It is sent as JSON; a `Blob`, which is a file, is sent as it is. */
  body?: unknown;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Makes the result of a successful response. */
type Take<T> = (response: Response) => Promise<T>;

const LONGEST_PAUSE_MS = 60_000;

/** A timer of a longer time fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Sends requests, and repeats those that failed and may be repeated. */
export class Http {
  private readonly etags = new WeakMap<object, string>();
  protected readonly json: NonNullable<CrmOptions['json']>;

  constructor(private readonly options: CrmOptions) {
    this.json = options.json ?? JSON;
  }

  request<T>(method: Method, path: string, request: Request = {}): Promise<T> {
    return this.repeat(method, path, request, async (response) => {
      const value = this.parse(await response.text());
      const etag = response.headers.get('etag');
      if (etag !== null && typeof value === 'object' && value !== null) this.etags.set(value, etag);
      return value as T;
    });
  }

  /** A file, as a response whose body is a stream. `timeout` is the time until it begins. */
  download(path: string, request: Request = {}): Promise<Response> {
    return this.repeat('GET', path, request, (response) => Promise.resolve(response));
  }

  private async repeat<T>(method: Method, path: string, request: Request, take: Take<T>): Promise<T> {
    const url = new URL(path, this.options.url);
    const { body, fields, expand, moveTo: move_to } = request;
    // Numbers and booleans become texts by themselves.
    for (const [name, value] of Object.entries({ fields, expand, move_to, ...request.query }))
      if (value !== undefined) url.searchParams.set(name, value);
    const headers = this.headersOf(method, request);
    const content = body instanceof Blob ? body : (this.json.stringify(body) ?? null);
    const maxRetries = request.maxRetries ?? this.options.maxRetries ?? 2;
    let mayBeDone = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(url, { method, headers, body: content }, request, take);
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
    const headers = new Headers({ authorization: `Bearer ${this.options.key}` });
    // A file has its own type.
    if (body !== undefined && !(body instanceof Blob)) headers.set('content-type', 'application/json');
    if (method === 'POST') headers.set('idempotency-key', idempotencyKey ?? crypto.randomUUID());
    if (staleOk) headers.set('prefer', 'stale-ok');
    const etag = typeof ifMatch === 'object' ? this.etags.get(ifMatch) : ifMatch;
    if (etag !== undefined) headers.set('if-match', etag);
    else if (ifMatch !== undefined)
      throw new CrmError('ifMatch needs an object that this client has retrieved or written, or an ETag.');
    return headers;
  }

  /** One attempt. The time also covers what `take` reads of the body, because a connection can break in the middle of it. */
  private async attempt<T>(url: URL, init: RequestInit, request: Request, take: Take<T>): Promise<T> {
    const { signal, timeout = this.options.timeout ?? 30_000 } = request;
    const limit = new AbortController();
    const late = new CrmError(`it took longer than ${timeout} ms`);
    const timer = setTimeout(limit.abort.bind(limit), Math.min(timeout, LONGEST_TIMER_MS), late);
    try {
      const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
      const response = await (this.options.fetch ?? fetch)(url, { ...init, signal: either });
      if (!response.ok) throw apiError(response, this.parse(await response.text()));
      return await take(response);
    } catch (error) {
      if (signal?.aborted || error instanceof CrmApiError) throw error;
      throw new CrmConnectionError(`No response from ${url.origin}: ${(error as Error).message}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A proxy's own response may be of any kind; the error then has the status alone. */
  private parse(text: string): unknown {
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

/**
 * As long as `Retry-After` says, which has seconds or a date; else half a second, doubled with each attempt. A random part
 * makes clients spread, and never makes one come too early.
 */
function delayOf(error: unknown, attempt: number): number {
  const text = (error instanceof CrmApiError && error.headers.get('retry-after')) || '0';
  const asked = Number.isNaN(Number(text)) ? Date.parse(text) - Date.now() : Number(text) * 1000;
  const delay = asked > 0 ? asked : Math.min(500 * 2 ** attempt, LONGEST_PAUSE_MS);
  return Math.min(delay * (1 + Math.random() / 4), LONGEST_TIMER_MS);
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
