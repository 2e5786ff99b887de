/** A full queue over HTTP: refused before the body is read, with the seconds after which it is worth while to ask again. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { edgeConfigSchema } from '../../serving/edge-config.js';
import { createHttpServer } from '../../serving/http/server.js';
import type { ServingContext } from '../../serving/inference/context.js';
import { InferenceService } from '../../serving/inference/service.js';
import { Metrics } from '../../serving/metrics.js';
import type { ModelRegistry } from '../../serving/model-registry.js';
import { Observer } from '../../serving/observe/observer.js';
import { ResultCache } from '../../serving/result-cache.js';
import { FakeClock } from '../fixtures/fake-clock.js';
import { type FakeModel, fakeModel } from '../fixtures/fake-model.js';

let model: FakeModel;
let server: Server;
let metrics: Metrics;

async function listen(cache: ResultCache | null = null): Promise<void> {
  model = fakeModel({ clock: new FakeClock(), capacity: 2 });
  metrics = new Metrics(() => []);
  const logger = pino({ level: 'silent' });
  const registry = {
    models: [model],
    get isFull() {
      return model.queue.fill >= 1;
    },
    find: () => model,
  } as unknown as ModelRegistry;
  const inference = new InferenceService({
    ...{ registry, metrics, cache },
    ...{ cascade: null, shadow: null, explainRuns: 4, onAnswered: null },
  });
  const limits = { bodyBytes: 1000, textCharacters: 100, textsPerRequest: 10, deadlineMs: 5000 };
  const serving = { registry, inference, metrics, limits, logger, refusing: false } as ServingContext;
  const observer = new Observer({ metrics, logger, tracing: null, logTexts: false });
  server = createHttpServer({ serving, observer, keys: null }, edgeConfigSchema.parse({}), null);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const ask = (path: string, body: string) =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
const fill = () => {
  for (const text of ['a', 'b'])
    model.queue.submit({ items: [{ text }], deadlineMs: 1e9 }).catch(() => undefined);
};

beforeEach(() => listen());
afterEach(async () => {
  model.queue.close(new Error('over') as never);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('429 with Retry-After, whatever the body says', async () => {
  fill();
  for (const [path, body] of [
    ['/v1/predict', '{"text": "c"}'],
    ['/v1/predict', 'no JSON'],
    ['/v2/models/student/infer', '{}'],
  ] as const) {
    const answer = await ask(path, body);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('x-error-code')).toBe('queue_full');
    await answer.arrayBuffer();
  }
  expect(model.queue.depth).toBe(2);
  expect(await metrics.registry.metrics()).toContain(
    'retort_requests_total{route="/v1/predict",status="429"} 2',
  );
});

test('more texts than there is room for are refused together', async () => {
  model.queue.submit({ items: [{ text: 'a' }], deadlineMs: 1e9 }).catch(() => undefined);
  const answer = await ask('/v1/predict', '{"texts": ["b", "c"]}');
  expect(answer.status).toBe(429);
  expect(model.queue.depth).toBe(1);
});

test('with a result cache the body is read: its answer may be known', async () => {
  server.close();
  await listen(new ResultCache(1000));
  fill();
  expect((await ask('/v1/predict', 'no JSON')).status).toBe(400);
  expect((await ask('/v1/predict', '{"text": "c"}')).status).toBe(429);
});
