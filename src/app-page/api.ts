import { key, signOut } from './session.js';

/** What the service said when it refused, or that it could not be reached. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
  }
}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

export type Query = Record<string, string | number | boolean | undefined>;

interface Options {
  query?: Query | URLSearchParams;
  /** Goes out as JSON, or as it is where it is a file. */
  body?: object | Blob;
  ifMatch?: string | null;
  signal?: AbortSignal;
}

const RETRIES = 2;
const PAUSE_MS = 400;

export async function get<T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) })).body;
}

/** Calls the API. Only reads are repeated, so nothing is done twice. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const response = await respond(method, path, options);
  return { body: (await response.json()) as T, etag: response.headers.get('ETag') };
}

export async function readText(path: string): Promise<string> {
  return (await respond('GET', path)).text();
}

async function respond(method: string, path: string, options: Options = {}): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const response = await send(method, path, options).catch((error: unknown) => {
      if (options.signal?.aborted) throw error;
      return undefined;
    });
    if (response?.ok) return response;
    const mayAgain = method === 'GET' && attempt < RETRIES && (response === undefined || response.status >= 500);
    if (!mayAgain) throw await failureOf(response);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** attempt));
  }
}

function send(method: string, path: string, { query, body, ifMatch, signal }: Options): Promise<Response> {
  const isFile = body instanceof Blob;
  return fetch(path + queryText(query), {
    method,
    headers: {
      Authorization: `Bearer ${key.value ?? ''}`,
      ...(body && !isFile && { 'Content-Type': 'application/json' }),
      ...(ifMatch && { 'If-Match': ifMatch }),
    },
    ...(body && { body: isFile ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

function queryText(query: Options['query'] = {}): string {
  if (query instanceof URLSearchParams) return query.size > 0 ? `?${query}` : '';
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

/** Why a response is a refusal. A key that is refused signs out. */
export async function failureOf(response: Response | undefined): Promise<ApiError> {
  if (response === undefined) return new ApiError('The service cannot be reached.', 0, 'unreachable');
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  if (response.status === 401) signOut('This key does not work any more. Sign in with another one.');
  return new ApiError(error?.message ?? `The service answered ${response.status}.`, response.status, error?.code ?? '');
}

export function dealPath(id: string): string {
  return `/api/crm/opportunity/${id}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
