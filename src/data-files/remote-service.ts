import { once } from 'node:events';
import { request as overHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { DataError } from './data-error.js';

export interface RequestOptions {
  headers?: OutgoingHttpHeaders;
  /** A stream is sent as it comes, anything else as JSON. */
  body?: unknown;
}

/** How often a call is repeated while the service is away or busy, a second apart. */
const MOST_REPEATS = 60;
const PAUSE_MS = 1000;

/** The service does not answer, or not now: the same call may succeed later. */
export class AwayError extends DataError {}

/** A running service, by its address and a key. */
export class RemoteService {
  constructor(
    private readonly origin: string,
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The same calls, which nothing ends. */
  uninterrupted(): RemoteService {
    return new RemoteService(this.origin, this.key, new AbortController().signal);
  }

  /** The response once it begins; a failure is thrown in the words of the service. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
    const response = await this.send(method, path, options).catch((error: unknown) => {
      this.signal.throwIfAborted();
      throw new AwayError(`No service answers at ${this.origin}: ${(error as Error).message}`);
    });
    const { statusCode = 0 } = response;
    if (statusCode < 300) return response;
    const text = await textOf(response).catch(() => '');
    const message = `The service at ${this.origin} refused ${method} ${path.split('?')[0] ?? ''}: ${messageOf(text)}`;
    throw statusCode === 429 || statusCode >= 500 ? new AwayError(message) : new DataError(message);
  }

  /** The JSON of a response to a call that may be repeated; it is, while the service is away. */
  async call<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.repeated(async () => JSON.parse(await textOf(await this.request(method, path, options))) as T);
  }

  private async repeated<T>(work: () => Promise<T>): Promise<T> {
    for (let repeats = 0; ; repeats++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AwayError) || repeats >= MOST_REPEATS) throw error;
        await this.pause(PAUSE_MS);
      }
    }
  }

  /** Waits, unless the command is ended. */
  async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.signal });
  }

  private async send(method: string, path: string, { headers, body }: RequestOptions): Promise<IncomingMessage> {
    const url = new URL(path, this.origin);
    const isStream = body instanceof Readable;
    const outgoing = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      method,
      signal: this.signal,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && !isStream && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    const response = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    // A service that refuses a file answers before it has read all of it; then only the response counts.
    if (isStream) void pipeline(body, outgoing).catch(() => undefined);
    else outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return (await response)[0];
  }
}

function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error: { message: string } };
    return error.message;
  } catch {
    return text.slice(0, 200);
  }
}
