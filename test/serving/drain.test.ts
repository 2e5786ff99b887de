/** A server that ends answers what is in flight, whatever that is, within its time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Manifest } from '../../core/bundle/manifest.js';
import { OnDemandComparison } from '../../serving/comparison/on-demand.js';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-drain-'));
  await writeTinyBundle(root);
});
afterAll(() => rm(root, { recursive: true }));

function compare(server: RunningServer, runs: number): Promise<Response> {
  return fetch(`${server.url}/v1/compare`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ texts: ['房间很干净，服务也好。'.repeat(40)], runs }),
  });
}

/** A comparison that has begun: another one is refused meanwhile. */
async function comparing(server: RunningServer, runs: number): Promise<Promise<Response>[]> {
  const first = compare(server, runs);
  for (;;) {
    const other = await compare(server, 1);
    await other.arrayBuffer();
    if (other.status === 429) return [first];
  }
}

test('a comparison that has begun is answered', async () => {
  const server = await startTestServer(root, { lifeCycle: { drainMs: 60_000 } });
  await server.loaded;
  const [begun] = await comparing(server, 10);
  const closed = server.close();
  const response = await begun!;
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  await closed;
});

test('a comparison that is cut is told that the server ends', async () => {
  const folder = path.join(root, 'tiny', '1');
  const manifest = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const comparison = new OnDemandComparison();
  const call = { texts: ['太差了'], runs: 50, deadlineMs: performance.now() + 60_000 };
  const cut = comparison.run({ folder, manifest }, call);
  const [outcome] = await Promise.allSettled([cut, comparison.close()]);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'server_draining' } });
});
