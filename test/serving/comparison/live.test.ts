/** The comparisons of a running server, each with its worker: of sampled texts, and on demand. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type Bundle, openBundle } from '../../../core/bundle/read.js';
import { OnDemandComparison } from '../../../serving/comparison/on-demand.js';
import { Sampler } from '../../../serving/comparison/sampler.js';
import { Metrics } from '../../../serving/metrics.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let root: string;
/** Two versions of one model, and a model whose eager form nobody knows. */
let first: Bundle;
let second: Bundle;
let broken: Bundle;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-live-'));
  first = await openBundle(await writeTinyBundle(root));
  second = await openBundle(await writeTinyBundle(root, { version: '2' }));
  const folder = await writeTinyBundle(root, { name: 'broken' });
  const manifest = path.join(folder, 'manifest.json');
  const written = JSON.parse(await readFile(manifest, 'utf8')) as object;
  await writeFile(manifest, JSON.stringify({ ...written, network: { kind: 'bilstm', config: {} } }));
  broken = await openBundle(folder);
});
afterAll(() => rm(root, { recursive: true }));

function start() {
  const warnings: object[] = [];
  const logger = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push(JSON.parse(line) as object) },
  );
  const metrics = new Metrics(() => []);
  const sampler = new Sampler({ share: 1, metrics, logger, random: () => 0 });
  return { sampler, metrics, warnings };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a model that cannot be compared is told once and passed over, and others are sampled', async () => {
  const { sampler, metrics, warnings } = start();
  sampler.offer(broken, '好');
  await until(() => warnings.length > 0);
  sampler.offer(broken, '好');
  sampler.offer(first, '好');
  await until(() => sampler.summaryOf('tiny').samples === 1);
  expect(Object.keys(sampler.summaries)).toEqual(['tiny']);
  expect((await metrics.comparison.dropped.get()).values).toEqual([]);
  expect(warnings).toEqual([expect.objectContaining({ model: 'broken', reason: expect.any(String) })]);
  await sampler.close();
});

test('figures are of one version, and medians come with the sixth sample', async () => {
  const { sampler, metrics } = start();
  const bounds = async () =>
    (await metrics.comparison.speedup.get()).values.map(({ labels }) => labels.bound);
  const samples = () => sampler.summaryOf('tiny').samples;
  for (let count = 1; count <= 6; count += 1) {
    expect(sampler.summaryOf('tiny')).toMatchObject({ staticMs: null, speedup: null });
    expect(await bounds()).toEqual([]);
    sampler.offer(first, '好');
    await until(() => samples() === count);
  }
  const none = { staticMs: null, eagerMs: null, speedup: null, differenceMs: null };
  expect(sampler.summaryOf('tiny')).not.toMatchObject(none);
  expect(await bounds()).toEqual(['estimate', 'low', 'high']);
  sampler.offer(second, '好');
  await until(() => samples() === 1);
  expect(sampler.summaryOf('tiny')).toMatchObject(none);
  expect(await bounds()).toEqual([]);
  await sampler.close();
});

test('on demand, a model that cannot be compared is told, and another one is compared', async () => {
  const onDemand = new OnDemandComparison();
  const call = { texts: ['好'], runs: 1, deadlineMs: Infinity };
  await expect(onDemand.run(broken, call)).rejects.toMatchObject({ code: 'comparison_failed' });
  expect((await onDemand.run(first, call)).pairs).toHaveLength(1);
  await onDemand.close();
});
