import type { FastifyRequest } from 'fastify';
import type { RequestStats } from '../common/request-stats.js';
import type { Config } from '../config/config.js';

/** Makes a span of every request and every statement. */
export interface Tracing {
  /** Begins the span of a request and has the notes trace its statements; answers the id of the trace. */
  begin: (request: FastifyRequest, notes: RequestStats) => RequestSpan;
  /** Sends what has not been sent yet. */
  stop: () => Promise<void>;
}

export interface RequestSpan {
  traceId: string;
  end: (status: number) => void;
}

/** Undefined when nobody wants traces; then nothing of OpenTelemetry is even loaded. */
export async function startTracing({ OTEL_EXPORTER_OTLP_ENDPOINT }: Config): Promise<Tracing | undefined> {
  if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(OTEL_EXPORTER_OTLP_ENDPOINT);
}
