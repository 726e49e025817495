import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { elapsedMs } from '../common/request-end.js';
import type { RequestStats } from '../common/request-stats.js';
import { readTraceParent } from './traceparent.js';
import type { RequestSpan, Tracing } from './tracing.js';

/** A collector that does not answer must not keep the process from ending. */
const LONGEST_GOODBYE_MS = 2000;

const SERVICE = 'crm-opportunity-service';

/**
 * Spans by OpenTelemetry's SDK, sent in batches to the collector at `endpoint`. The SDK reads the other standard variables
 * itself: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS and their kin.
 * A collector that is away costs spans, and nothing else.
 */
export class OtlpTracing implements Tracing {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  constructor(endpoint: string) {
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': SERVICE }))
      .merge(detectResources({ detectors: [envDetector] }));
    this.provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    this.tracer = this.provider.getTracer(SERVICE);
  }

  begin(request: FastifyRequest, notes: RequestStats): RequestSpan {
    const { method } = request;
    const route = request.routeOptions.url;
    const span = this.tracer.startSpan(
      route === undefined ? method : `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime: Date.now() - elapsedMs(request),
        attributes: {
          'http.request.method': method,
          ...(route !== undefined && { 'http.route': route }),
          'url.scheme': 'http',
          'crm.request_id': request.id,
        },
      },
      parentOf(request),
    );
    const context = trace.setSpan(ROOT_CONTEXT, span);
    notes.traceStatement = (text) => this.statement(text, context);
    const end = (status: number): void => {
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    return { traceId: span.spanContext().traceId, end };
  }

  async stop(): Promise<void> {
    const sent = this.provider.shutdown().catch(() => undefined);
    await Promise.race([sent, wait(LONGEST_GOODBYE_MS, undefined, { ref: false })]);
  }

  /** Statements carry their values apart from their text, so the text tells nothing of anybody. */
  private statement(text: string, context: Context): (failed: boolean) => void {
    const operation = /\w+/.exec(text)?.[0].toUpperCase() ?? 'QUERY';
    const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': text };
    const span = this.tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, context);
    return (failed) => {
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
  }
}

function parentOf({ headers }: FastifyRequest): Context {
  const parent = readTraceParent(headers['traceparent']);
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}
