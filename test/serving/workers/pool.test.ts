/** Real workers that die while they hold a batch: stopped first, so that the batch is theirs when they are killed. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { systemClock } from '../../../serving/clock.js';
import { RequestQueue } from '../../../serving/scheduler/queue.js';
import { defaultSessionSettings } from '../../../serving/session-settings.js';
import { type Isolation, startSpare } from '../../../serving/workers/channel.js';
import { WorkerPool, type WorkerPoolOptions } from '../../../serving/workers/pool.js';
import { FakeClock } from '../../fixtures/fake-clock.js';
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

type Chosen = 'size' | 'isolation' | 'batchTimeoutMs' | 'loadTimeoutMs' | 'clock' | 'spare' | 'signal';

interface Start extends Partial<Pick<WorkerPoolOptions, Chosen>> {
  readonly folder?: string;
  readonly onDeath?: (cause: string, pids: readonly number[]) => void;
  readonly memoryCeilingBytes?: number;
}

async function start({
  folder = bundle,
  memoryCeilingBytes,
  onDeath,
  clock = systemClock,
  ...options
}: Start = {}) {
  const batches: number[] = [];
  const deaths: string[] = [];
  const hints: string[] = [];
  const { manifestSha256 } = await openBundle(bundle, { checkFiles: false });
  let pool: WorkerPool | null = null;
  const queue = new RequestQueue({
    capacity: 100,
    largestBatch: 8,
    tokenBudget: 4096,
    longestRow: 128,
    clock,
    onWaiting: () => pool?.dispatch(),
  });
  pool = await WorkerPool.start({
    setup: {
      folder,
      manifestSha256,
      intraOpThreads: 1,
      session: defaultSessionSettings,
      memoryCeilingBytes: memoryCeilingBytes ?? null,
      yieldsAtOnce: false,
    },
    size: 1,
    isolation: 'process',
    heapMegabytes: 256,
    batchTimeoutMs: 20_000,
    loadTimeoutMs: 60_000,
    queue,
    clock,
    onBatch: ({ entries }) => batches.push(entries.length),
    onDeath: (_reason, cause, hint) => {
      deaths.push(cause);
      if (hint !== undefined) hints.push(hint);
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
  return { pool, queue, batches, deaths, hints, ask, stop };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

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

describe('a bundle that is replaced where it lies', () => {
  const replacements: [string, (folder: string) => Promise<void>][] = [
    [
      'as a whole',
      async (folder) => {
        const other = await writeTinyBundle(path.join(root, 'other'), { maxWords: 64, replace: true });
        await cp(other, folder, { recursive: true });
      },
    ],
    [
      'in a file, of the same size',
      async (folder) => {
        const file = path.join(folder, 'MODEL_CARD.md');
        await writeFile(file, (await readFile(file, 'utf8')).toUpperCase());
      },
    ],
  ];

  test.each(replacements)(
    '%s: no worker takes it up beside those that serve the old one',
    async (_, replace) => {
      const folder = await mkdtemp(path.join(root, 'replaced-'));
      await cp(bundle, folder, { recursive: true });
      const clock = new FakeClock();
      const { pool, deaths, hints, ask } = await start({ folder, size: 2, clock });
      await replace(folder);
      const [killed, left] = pool.pids;
      process.kill(killed!, 'SIGKILL');
      while (clock.timers === 0 || deaths.length < 4) await settle();
      expect(deaths).toEqual(['crash', 'crash', 'crash', 'crash']);
      expect(hints).toHaveLength(3);
      expect(pool.pids).toEqual([left]);
      expect((await ask([2, 3])).predictions).toHaveLength(1);
      await cp(bundle, folder, { recursive: true });
      clock.pass(1000);
      while (pool.readyWorkers < 2) await settle();
    },
  );

  test('a worker above its ceiling stays, and is not replaced again and again', async () => {
    const folder = await mkdtemp(path.join(root, 'replaced-'));
    await cp(bundle, folder, { recursive: true });
    const { pool, deaths, ask } = await start({ folder, memoryCeilingBytes: 1, clock: new FakeClock() });
    const { pids } = pool;
    await replacements[0]![1](folder);
    for (let batch = 0; batch < 8 * 32; batch += 1) expect((await ask([2, 3])).predictions).toHaveLength(1);
    expect(deaths.filter((cause) => cause === 'memory')).toHaveLength(3);
    expect(pool.pids).toEqual(pids);
  });
});

test('a pool on a bundle that does not load is refused, and no other worker tries', async () => {
  const deaths: string[] = [];
  const started = start({ folder: path.join(root, 'none'), size: 2, onDeath: (cause) => deaths.push(cause) });
  await expect(started).rejects.toMatchObject({ code: 'model_refused' });
  expect(deaths).toEqual([]);
});

describe('a worker that stands still while it loads', () => {
  const stopped = () => {
    const spare = startSpare(256);
    process.kill(spare.child.pid!, 'SIGSTOP');
    return spare;
  };

  test('is killed when its time is over, and the load refused', async () => {
    const clock = new FakeClock();
    const started = start({ clock, spare: stopped(), loadTimeoutMs: 5000 });
    started.catch(() => undefined);
    while (clock.timers === 0) await settle();
    clock.pass(5000);
    await expect(started).rejects.toMatchObject({ code: 'load_timeout' });
  });

  test('is killed when the load is given up', async () => {
    const giveUp = new AbortController();
    const started = start({ spare: stopped(), signal: giveUp.signal });
    started.catch(() => undefined);
    await settle();
    giveUp.abort();
    await expect(started).rejects.toMatchObject({ code: 'model_refused' });
    await expect(start({ signal: giveUp.signal })).rejects.toMatchObject({ code: 'model_refused' });
  });
});

test('a closed pool replaces nothing', async () => {
  const { pool, deaths } = await start();
  await pool.close();
  expect([deaths.length, pool.readyWorkers]).toEqual([0, 0]);
});
