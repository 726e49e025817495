import { Agent, request } from 'node:http';
import type { FuzzRequest } from './fuzz-requests.js';

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Well beyond the 25 s that a call of the feed may wait for an event. */
const WITHIN_MS = 45_000;

/** Sends requests just as they are; fetch would refuse or mend some. Rejects when no answer comes. */
export class RawClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  constructor(
    private readonly origin: string,
    private readonly key: string,
  ) {}

  send({ method, path, headers, body }: FuzzRequest): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.origin);
    const { agent } = this;
    const all = {
      authorization: `Bearer ${this.key}`,
      ...headers,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers: all, agent, timeout: WITHIN_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${WITHIN_MS} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
