/** Traces: a span a request, its stages within it, under the span of the client. */
import { expect, test } from '@jest/globals';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { fail } from '../../core/errors.js';
import { Timeline } from '../../serving/inference/timeline.js';
import type { RequestRecord } from '../../serving/observe/request-record.js';
import { startTracing } from '../../serving/observe/tracing.js';

/** Keeps what it has when it is shut down. */
class KeepingExporter extends InMemorySpanExporter {
  override shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function record(overrides: Partial<RequestRecord> = {}): RequestRecord {
  const timeline = new Timeline();
  timeline.addInOrder(timeline.startedMs, [
    ['queue', 2],
    ['infer', 3],
  ]);
  return {
    requestId: 'r',
    protocol: 'http',
    method: 'POST',
    route: '/v1/predict',
    status: 200,
    client: undefined,
    key: undefined,
    trace: {},
    timeline,
    fields: { model: 'tiny', items: 1 },
    error: null,
    ...overrides,
  };
}

test('stages are spans within the span of the request, under the span that the client names', async () => {
  const exporter = new KeepingExporter();
  const tracing = startTracing(null, exporter);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  tracing.record(record({ trace: { traceparent } }), performance.now());
  tracing.record(
    record({ status: 429, error: fail('queue_full', { capacity: 1, seconds: 1 }) }),
    performance.now(),
  );
  await tracing.close();
  const spans = exporter.getFinishedSpans();
  const [request, refused] = spans.filter(({ name }) => name === 'POST /v1/predict');
  expect(request!.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(request!.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  expect(request!.attributes).toMatchObject({ 'http.route': '/v1/predict', 'retort.model': 'tiny' });
  const stages = spans.filter(({ parentSpanContext: of }) => of?.spanId === request!.spanContext().spanId);
  expect(stages.map(({ name }) => name)).toEqual(['queue', 'infer']);
  expect(refused!.spanContext().traceId).not.toBe(request!.spanContext().traceId);
  expect(refused!.attributes['error.type']).toBe('queue_full');
});

test('a client that does not sample is not traced', async () => {
  const exporter = new KeepingExporter();
  const tracing = startTracing(null, exporter);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  tracing.record(record({ trace: { traceparent } }), performance.now());
  await tracing.close();
  expect(exporter.getFinishedSpans()).toEqual([]);
});
