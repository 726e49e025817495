import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import type { Json } from './client.js';

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  /** Of the resource that the span came from. */
  resource: Record<string, unknown>;
}

/** Receives traces as an OpenTelemetry collector does: OTLP over HTTP, as JSON. */
export class Collector {
  readonly spans: Span[] = [];
  readonly headers: Record<string, unknown>[] = [];
  private readonly server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/v1/traces') this.take(Buffer.concat(chunks).toString());
      this.headers.push(request.headers);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      this.server.emit('spans');
    });
  });

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.server.listen(0, '127.0.0.1');
    await once(collector.server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves with the spans of a trace when there is one of the name. */
  async trace(traceId: string, name: string): Promise<Span[]> {
    const ofTrace = (): Span[] => this.spans.filter((span) => span.traceId === traceId);
    while (!ofTrace().some((span) => span.name === name)) await once(this.server, 'spans');
    return ofTrace();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(text: string): void {
    for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }: Json) => spans))
        this.spans.push({
          ...span,
          parentSpanId: span.parentSpanId || undefined,
          attributes: valuesOf(span.attributes),
          resource: valuesOf(resource.attributes),
        });
  }
}

function valuesOf(attributes: Json[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key as string, Object.values(value)[0]]));
}

/** The address of a collector that takes connections and never answers. */
export async function deafCollector(): Promise<{ url: string; stop: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref().on('connection', (socket) => socket.unref());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
    },
  };
}
