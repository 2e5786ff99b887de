/** Real worker threads that die: at a message that they are sent, which is where a test can reach them. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../serving/clock.js';
import { RequestQueue } from '../../serving/queue.js';
import { WorkerPool } from '../../serving/worker-pool.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let bundle: string;
const pools: WorkerPool[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-pool-'));
  bundle = await writeTinyBundle(root);
});
afterAll(() => rm(root, { recursive: true }));
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

async function start({ folder = bundle, size = 1 } = {}) {
  const batches: number[] = [];
  const deaths: string[] = [];
  let pool: WorkerPool | null = null;
  const queue = new RequestQueue({
    capacity: 100,
    largestBatch: 8,
    clock: systemClock,
    onWaiting: () => pool?.dispatch(),
  });
  pool = await WorkerPool.start({
    folder,
    size,
    intraOpThreads: 1,
    queue,
    onBatch: (rows) => batches.push(rows),
    onDeath: (reason) => deaths.push(reason),
  });
  pools.push(pool);
  const ask = (...ids: number[][]) =>
    queue.submit({ items: ids.map((row) => ({ ids: row })), deadlineMs: performance.now() + 20_000 });
  return { pool, queue, batches, deaths, ask };
}

/** The next `times` workers that get a batch end instead of computing it. */
function killNext(times: number): void {
  let left = times;
  const spy = jest.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
    left -= 1;
    if (left === 0) spy.mockRestore();
    void this.terminate();
  });
}

test('a worker that dies is replaced, and its entries are run once more, with the same answer', async () => {
  const { pool, queue, batches, deaths, ask } = await start();
  const expected = await ask([2, 3], [4]);
  killNext(1);
  const answer = await ask([2, 3], [4]);
  expect(answer.predictions).toEqual(expected.predictions);
  expect(batches).toEqual([2, 2, 2]);
  expect(deaths).toHaveLength(1);
  expect([pool.readyWorkers, queue.depth, queue.openRequests]).toEqual([1, 0, 0]);
});

test('entries that two workers died with are refused; what waited behind them is answered', async () => {
  const { pool, deaths, ask } = await start();
  killNext(2);
  const fatal = ask([2, 3]);
  const behind = ask([4]);
  await expect(fatal).rejects.toMatchObject({ code: 'worker_died' });
  expect((await behind).predictions).toHaveLength(1);
  expect(deaths).toHaveLength(2);
  expect(pool.readyWorkers).toBe(1);
});

test('while one worker is replaced, another takes its entries', async () => {
  const { pool, batches, deaths, ask } = await start({ size: 2 });
  killNext(1);
  expect((await ask([2, 3])).predictions).toHaveLength(1);
  expect(batches).toEqual([1, 1]);
  expect(deaths).toHaveLength(1);
  expect(pool.readyWorkers).toBeGreaterThan(0);
});

test('a pool whose workers cannot be replaced refuses what waits and what comes', async () => {
  const folder = path.join(root, 'vanishing');
  await cp(bundle, folder, { recursive: true });
  const { pool, queue, ask } = await start({ folder });
  await rm(folder, { recursive: true });
  killNext(1);
  const refused = { code: 'model_refused', message: expect.stringContaining('vanishing') };
  await expect(ask([2, 3])).rejects.toMatchObject(refused);
  expect([pool.readyWorkers, queue.depth, queue.openRequests]).toEqual([0, 0, 0]);
  expect(() => ask([4])).toThrow(expect.objectContaining(refused));
});

test('a pool on a bundle that does not load is refused', async () => {
  await expect(start({ folder: path.join(root, 'none') })).rejects.toMatchObject({ code: 'model_refused' });
});

test('a closed pool replaces nothing', async () => {
  const { pool, deaths } = await start();
  await pool.close();
  expect([deaths.length, pool.readyWorkers]).toEqual([0, 0]);
});
