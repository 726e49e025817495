import { Injectable } from '@nestjs/common';
import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { addressLookup } from './address-lookup.js';
import { hostOf, portOf, Targets } from './target.js';
import type { Attempt, AttemptError } from './webhook-delivery.dto.js';

const TIMEOUT_MS = 15_000;
const MOST_BODY_BYTES = 2048;
/** How long to wait for the body, which decides nothing. */
const BODY_MS = 1000;
const IDLE_MS = 5000;

const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

const { version } = JSON.parse(readPackage()) as { version: string };
const USER_AGENT = `crm-opportunity-service/${version}`;

/** The outcome of a request: what is shown of it, and when the receiver wants the next one. */
export interface Outcome extends Attempt {
  retryAfter: string | undefined;
}

class AttemptFailed extends Error {
  constructor(readonly reason: AttemptError) {
    super(reason);
  }
}

/** Sends requests to addresses that clients chose, and only to those that are allowed. */
@Injectable()
export class Sender {
  private readonly agents = {
    'http:': new HttpAgent({ keepAlive: true, maxFreeSockets: 5, timeout: IDLE_MS }),
    'https:': new HttpsAgent({ keepAlive: true, maxFreeSockets: 5, timeout: IDLE_MS }),
  };

  private closed = false;

  constructor(private readonly targets: Targets) {}

  /** Breaks off what is under way. */
  close(): void {
    this.closed = true;
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** Never throws: a failure is an outcome. */
  async post(text: string, headers: Record<string, string>, body: string): Promise<Outcome> {
    const attempted_at = new Date().toISOString();
    const since = performance.now();
    const answered = await this.attempt(new URL(text), headers, body).catch((error: unknown) => reasonOf(error));
    const duration_ms = Math.round(performance.now() - since);
    if (typeof answered === 'string')
      return {
        attempted_at,
        status_code: null,
        duration_ms,
        error: answered,
        response_body: null,
        retryAfter: undefined,
      };
    const { statusCode = 0, headers: given } = answered;
    return {
      attempted_at,
      status_code: statusCode,
      duration_ms,
      error: errorOf(statusCode),
      response_body: await bodyOf(answered),
      retryAfter: given['retry-after'],
    };
  }

  private async attempt(url: URL, headers: Record<string, string>, body: string): Promise<IncomingMessage> {
    const host = hostOf(url);
    if (isIP(host) > 0 && !(await this.targets.allowsAll([host], portOf(url))))
      throw new AttemptFailed('blocked_address');
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const request = this.begin(url, headers, body);
      try {
        return await answerTo(request, body, deadline - performance.now());
      } catch (error) {
        // A connection that the receiver closed just before it was used again says nothing of this request.
        const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (!isStale || this.closed) throw error;
      }
    }
  }

  private begin(url: URL, headers: Record<string, string>, body: string): ClientRequest {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return send(url, {
      method: 'POST',
      agent: this.agents[url.protocol as 'http:' | 'https:'],
      lookup: this.checkedLookup(portOf(url)),
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': USER_AGENT,
      },
    });
  }

  /** Resolves a name to addresses that were all checked: the connection goes to one of them. */
  private checkedLookup(port: number): LookupFunction {
    return (hostname, { all }, callback) => {
      void this.allowedAddresses(hostname, port).then(
        ([first, ...more]) => {
          if (all === true) callback(null, [first, ...more]);
          else callback(null, first.address, first.family);
        },
        (error: unknown) => {
          callback(error as AttemptFailed, []);
        },
      );
    };
  }

  private async allowedAddresses(host: string, port: number): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...more] = await addressLookup.addressesOf(host).catch(() => {
      throw new AttemptFailed('dns');
    });
    const addresses = [first, ...more].flatMap((each) => each?.address ?? []);
    const isAllowed = await this.targets.allowsAll(addresses, port).catch(() => false);
    if (first === undefined || !isAllowed) throw new AttemptFailed('blocked_address');
    return [first, ...more];
  }
}

/** Sends the body of a request, and waits for the headers of its answer. */
function answerTo(request: ClientRequest, body: string, milliseconds: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => request.destroy(new AttemptFailed('timeout')), milliseconds);
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // The only sign of a receiver that answers 101, which nobody has asked for.
    request.once('close', () => {
      clearTimeout(timer);
      reject(new AttemptFailed('connect'));
    });
    try {
      request.end(body);
    } catch (error) {
      // Node.js refuses some headers only now, when the request already has a connection.
      request.destroy(error as Error);
    }
  });
}

function reasonOf(error: unknown): AttemptError {
  if (error instanceof AttemptFailed) return error.reason;
  const { code = '' } = error as NodeJS.ErrnoException;
  return TLS.test(code) ? 'tls' : 'connect';
}

function errorOf(status: number): AttemptError | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? 'redirect' : 'status';
}

/** The beginning of the body as text; what is cut, endless or late is shown as far as it has come. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, BODY_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MOST_BODY_BYTES) end();
    });
    response.once('end', end).once('close', end).on('error', end);
  });
  if (!response.complete) response.destroy();
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES));
  return text.replaceAll('\0', '\ufffd');
}

/** Beside the sources, or beside `dist`. */
function readPackage(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return readFileSync(new URL(path, import.meta.url), 'utf8');
    } catch {
      // It is in the other place.
    }
  }
  return '{"version":"0"}';
}
