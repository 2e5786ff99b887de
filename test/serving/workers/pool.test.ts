/** Real workers that die while they hold a batch: stopped first, so that the batch is theirs when they are killed. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../serving/clock.js';
import { RequestQueue } from '../../../serving/scheduler/queue.js';
import { defaultSessionSettings } from '../../../serving/session-settings.js';
import type { Isolation } from '../../../serving/workers/channel.js';
import { WorkerPool, type WorkerPoolOptions } from '../../../serving/workers/pool.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let root: string;
let bundle: string;
const pools: WorkerPool[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-pool-'));
  bundle = await writeTinyBundle(root);
});
afterAll(() => rm(root, { recursive: true }));
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

interface Start extends Partial<Pick<WorkerPoolOptions, 'size' | 'isolation' | 'batchTimeoutMs'>> {
  readonly folder?: string;
  readonly onDeath?: (cause: string, pids: readonly number[]) => void;
  readonly memoryCeilingBytes?: number;
}

async function start({ folder = bundle, memoryCeilingBytes, onDeath, ...options }: Start = {}) {
  const batches: number[] = [];
  const deaths: string[] = [];
  let pool: WorkerPool | null = null;
  const queue = new RequestQueue({
    capacity: 100,
    largestBatch: 8,
    tokenBudget: 4096,
    longestRow: 128,
    clock: systemClock,
    onWaiting: () => pool?.dispatch(),
  });
  pool = await WorkerPool.start({
    setup: {
      folder,
      intraOpThreads: 1,
      session: defaultSessionSettings,
      memoryCeilingBytes: memoryCeilingBytes ?? null,
      yieldsAtOnce: false,
    },
    size: 1,
    isolation: 'process',
    heapMegabytes: 256,
    batchTimeoutMs: 20_000,
    queue,
    clock: systemClock,
    onBatch: ({ entries }) => batches.push(entries.length),
    onDeath: (_reason, cause) => {
      deaths.push(cause);
      onDeath?.(cause, pool?.pids ?? []);
    },
    ...options,
  });
  pools.push(pool);
  const ask = (...ids: number[][]) =>
    queue.submit({ items: ids.map((row) => ({ ids: row })), deadlineMs: performance.now() + 20_000 });
  /** Every worker process of now stands still, and with what it then holds it is killed. */
  const stop = () => {
    const pids = pool.pids;
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    };
  };
  return { pool, queue, batches, deaths, ask, stop };
}

test.each<Isolation>(['process', 'thread'])(
  'a %s gives each row of a batch what it has alone',
  async (isolation) => {
    const { ask } = await start({ isolation });
    const [together, first, second] = [await ask([2, 3], [4]), await ask([2, 3]), await ask([4])];
    expect(together.predictions).toEqual([...first.predictions, ...second.predictions]);
  },
);

describe('a worker that is killed', () => {
  test('is replaced, and its entries are run once more, with the same answer', async () => {
    const { pool, queue, batches, deaths, ask, stop } = await start();
    const expected = await ask([2, 3], [4]);
    const kill = stop();
    const asked = ask([2, 3], [4]);
    kill();
    expect((await asked).predictions).toEqual(expected.predictions);
    expect(batches).toEqual([2, 2, 2]);
    expect(deaths).toEqual(['crash']);
    expect([pool.readyWorkers, queue.depth, queue.openRequests]).toEqual([1, 0, 0]);
  });

  test('leaves to another what that one can take', async () => {
    const { pool, deaths, ask, stop } = await start({ size: 2 });
    const kill = stop();
    const asked = [ask([2, 3]), ask([4, 5])];
    kill();
    expect((await Promise.all(asked)).map(({ predictions }) => predictions.length)).toEqual([1, 1]);
    expect(deaths).toEqual(['crash', 'crash']);
    expect(pool.readyWorkers).toBeGreaterThan(0);
  });

  test('and cannot be replaced: what waits and what comes is refused, until it can be again', async () => {
    const folder = path.join(root, 'vanishing');
    await cp(bundle, folder, { recursive: true });
    const { pool, queue, ask, stop } = await start({ folder });
    const kill = stop();
    const asked = ask([2, 3]);
    await rm(folder, { recursive: true });
    kill();
    const refused = { code: 'model_refused', message: expect.stringContaining('vanishing') };
    await expect(asked).rejects.toMatchObject(refused);
    expect([pool.readyWorkers, queue.depth, queue.openRequests]).toEqual([0, 0, 0]);
    expect(() => ask([4])).toThrow(expect.objectContaining(refused));
    await cp(bundle, folder, { recursive: true });
    while (pool.readyWorkers === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask([4])).predictions).toHaveLength(1);
  });
});

test('a worker that hangs is killed and replaced', async () => {
  const { deaths, ask, stop } = await start({ batchTimeoutMs: 300 });
  stop();
  expect((await ask([2, 3])).predictions).toHaveLength(1);
  expect(deaths).toEqual(['hang']);
});

test('a worker above its memory ceiling is replaced before it ends, and nothing fails', async () => {
  const { pool, deaths, ask } = await start({ memoryCeilingBytes: 1 });
  const [before] = pool.pids;
  for (let batch = 0; batch < 33 || pool.pids.includes(before!); batch += 1)
    expect((await ask([2, 3])).predictions).toHaveLength(1);
  expect(deaths[0]).toBe('memory');
});

test('what a worker holds when it is killed above its ceiling is run by the one that stands in for it', async () => {
  const killed: number[] = [];
  const { deaths, ask } = await start({
    memoryCeilingBytes: 1,
    onDeath: (cause, [pid]) => {
      if (cause !== 'memory' || killed.length > 0 || pid === undefined) return;
      killed.push(pid);
      process.kill(pid, 'SIGKILL');
    },
  });
  // So many that batches wait whenever one is done.
  const asked = Array.from({ length: 12 }, async () => {
    for (let round = 0; round < 40; round += 1) expect((await ask([2, 3])).predictions).toHaveLength(1);
  });
  await Promise.all(asked);
  expect([killed.length, deaths[0]]).toEqual([1, 'memory']);
}, 60_000);

test('a pool on a bundle that does not load is refused', async () => {
  await expect(start({ folder: path.join(root, 'none') })).rejects.toMatchObject({ code: 'model_refused' });
});

test('a closed pool replaces nothing', async () => {
  const { pool, deaths } = await start();
  await pool.close();
  expect([deaths.length, pool.readyWorkers]).toEqual([0, 0]);
});
