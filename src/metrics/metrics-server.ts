import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { hasToken } from './token.js';

/**
 * Serves /metrics alone, on METRICS_PORT, which only those who watch the service can reach; the one of the API is for
 * everyone. Undefined when there is none to be.
 */
export async function serveMetrics(config: Config, text: () => Promise<string>): Promise<Server | undefined> {
  if (config.METRICS_PORT === undefined) return undefined;
  const server = createServer((request, response) => {
    void answer(config, text, request, response);
  });
  server.listen(config.METRICS_PORT, config.HOST);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`Cannot listen on HOST ${config.HOST}, METRICS_PORT ${config.METRICS_PORT}: ${String(cause)}`);
  });
  // What ends the process is the end of the service.
  return server.unref();
}

async function answer(
  { METRICS_TOKEN }: Config,
  text: () => Promise<string>,
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url !== '/metrics') send(response, 404, 'There is only /metrics here.\n');
  else if (method !== 'GET') send(response, 405, 'Only GET is possible.\n');
  else if (METRICS_TOKEN !== undefined && !hasToken(headers.authorization, METRICS_TOKEN))
    send(response, 401, 'Metrics need the METRICS_TOKEN.\n');
  else
    await text().then(
      (metrics) => {
        send(response, 200, metrics);
      },
      () => {
        send(response, 503, 'The metrics cannot be collected.\n');
      },
    );
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE, 'Cache-Control': 'no-store' });
  response.end(text);
}
