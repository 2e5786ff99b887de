/** Traces by OpenTelemetry: a span a request, its stages as children, sent by OTLP. Loaded only where it is wanted. */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { version } from '../version.js';
import type { Tracing } from './observer.js';
import type { RequestRecord } from './request-record.js';

/** What is not sent yet may take this long when the server ends. */
const farewellMs = 2000;

/**
 * @param endpoint of a collector, such as `http://127.0.0.1:4318`; null for what OpenTelemetry's own variables say
 */
export function startTracing(endpoint: string | null, exporter = otlpExporter(endpoint)): Tracing {
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'retort', 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('retort', version);
  const propagator = new W3CTraceContextPropagator();
  return {
    record(record, endMs) {
      const span = tracer.startSpan(
        nameOf(record),
        {
          kind: SpanKind.SERVER,
          startTime: epochMs(record.timeline.startedMs),
          attributes: attributesOf(record),
        },
        parentOf(record, propagator),
      );
      const within = trace.setSpan(ROOT_CONTEXT, span);
      for (const { stage, startMs, endMs: stageEndMs } of record.timeline.stages)
        tracer.startSpan(stage, { startTime: epochMs(startMs) }, within).end(epochMs(stageEndMs));
      if (record.error !== null)
        span.setStatus({ code: SpanStatusCode.ERROR, message: record.error.message });
      span.end(epochMs(endMs));
    },
    async close() {
      const farewell = provider.shutdown().catch(() => undefined);
      await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, farewellMs).unref())]);
    },
  };
}

function otlpExporter(endpoint: string | null): SpanExporter {
  return new OTLPTraceExporter(endpoint === null ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
}

function epochMs(milliseconds: number): number {
  return performance.timeOrigin + milliseconds;
}

/** The client's span, where its W3C headers name one. */
function parentOf({ trace: headers }: RequestRecord, propagator: W3CTraceContextPropagator): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    get: (from: typeof headers, name) => from[name as keyof typeof headers],
    keys: (from: typeof headers) => Object.keys(from),
  });
}

function nameOf({ protocol, method, route }: RequestRecord): string {
  return protocol === 'grpc' ? route : `${method} ${route}`;
}

/** By OpenTelemetry's semantic conventions, and Retort's own beside them. */
function attributesOf({
  protocol,
  method,
  route,
  status,
  client,
  requestId,
  fields,
  error,
}: RequestRecord): Attributes {
  return {
    ...(protocol === 'grpc'
      ? { 'rpc.system': 'grpc', 'rpc.method': method, 'rpc.grpc.status': status }
      : { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status }),
    ...(client === undefined ? {} : { 'client.address': client }),
    ...(error === null ? {} : { 'error.type': error.code }),
    ...(fields.model === undefined ? {} : { 'retort.model': fields.model }),
    ...(fields.version === undefined ? {} : { 'retort.model.version': fields.version }),
    ...(fields.items === undefined ? {} : { 'retort.items': fields.items }),
    'retort.request_id': requestId,
  };
}
