import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeMachine } from '../../../core/machine.js';
import { freePort, loadInChild, startServed } from '../../../loadtest/bench/child.js';
import {
  renderServeBench,
  SERVE_BENCH_FORMAT,
  serveBenchSchema,
} from '../../../loadtest/bench/serve-report.js';
import { runRounds } from '../../../loadtest/bench/serve-rounds.js';
import { REPORT_FORMAT, type LoadReport } from '../../../loadtest/report.js';

const load = (rate: number): LoadReport => ({
  format: REPORT_FORMAT,
  kind: 'closed-loop',
  url: 'http://127.0.0.1:1/v1/predict',
  startedAt: new Date(0).toISOString(),
  warmupSeconds: 0,
  connections: 4,
  client: 'retort',
  texts: 2,
  textsPerRequest: 1,
  measured: {
    durationSeconds: 1,
    requestsPerSecond: rate,
    outcomes: { ok: 10, 429: 2, connection: 1 },
    latencyMs: { mean: 1, p50: 1, p90: 2, p97_5: 3, p99: 4, p99_9: 5, max: 5 },
    latencyFromSendingMs: null,
    refusedLatencyMs: null,
    lagMs: null,
    connectionsOpened: 4,
    generatorCores: 0.1,
    windows: [],
  },
  serverSeen: {
    stages: [{ stage: 'event_loop_delay', count: 100, sumMs: 250, buckets: [{ upToMs: 5, count: 100 }] }],
    during: [],
  },
  ended: 'complete',
  machine: describeMachine(),
});

describe('the rounds', () => {
  it('measure each kind once a round and pair them', async () => {
    const lines: string[] = [];
    const result = await runRounds({
      rounds: 4,
      seconds: 1,
      seed: 2,
      bare: {
        measure: async ({ kind }) => ({ single: 100, tokenised: 80, batches: 240 })[kind],
        close: async () => undefined,
      },
      load: async () => load(60),
      onProgress: (line) => lines.push(line),
    });
    expect(result.rounds).toEqual({
      bareSession: [100, 100, 100, 100],
      bareWithTokenizer: [80, 80, 80, 80],
      bareBatches: [240, 240, 240, 240],
      served: [60, 60, 60, 60],
    });
    expect(result.servedOverSession).toEqual({ estimate: 0.6, interval: [0.6, 0.6] });
    expect(result.servedOverWithTokenizer).toEqual({ estimate: 0.75, interval: [0.75, 0.75] });
    expect(result.servedOverBatches).toEqual({ estimate: 0.25, interval: [0.25, 0.25] });
    expect(result.eventLoopDelayMs).toEqual({ p50: 2.5, p99: 4.95 });
    expect(result.latencyMs).toEqual({ p50: 1, p99: 4 });
    expect(result.notSucceeded).toBe(12);
    for (let round = 1; round <= 4; round++) {
      const inRound = lines.filter((line) => line.startsWith(`round ${round}/4`));
      expect(new Set(inRound).size).toBe(4);
    }
    const report = serveBenchSchema.parse({
      format: SERVE_BENCH_FORMAT,
      bundle: 'tiny/1',
      precision: 'fp32',
      ...result,
      readySeconds: 1.5,
      residentBytes: 2 ** 20,
      workers: 2,
      connections: 4,
      secondsEach: 1,
      texts: 2,
      seed: 2,
      machine: describeMachine(),
    });
    expect(renderServeBench(report)).toContain('0.60 [0.60, 0.60]');
    expect(renderServeBench(report)).toContain('0.25 [0.25, 0.25]');
    expect(renderServeBench(report)).toContain('p50 2.5 ms, p99 5.0 ms');
    expect(renderServeBench(report)).toContain('1 MiB');
  });
});

describe('child processes', () => {
  let folder: string;
  let cli: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retort-bench-test-'));
    cli = join(folder, 'cli.mjs');
    await writeFile(
      cli,
      `import { createServer } from 'node:http';
       const [command, ...rest] = process.argv.slice(2);
       if (command === 'loadtest') console.log(${JSON.stringify(JSON.stringify(load(7)))});
       else if (command === 'serve') createServer((q, s) => q.resume().on('end', () => s.end('{}'))).listen(Number(rest[0]), '127.0.0.1');
       else if (command === 'hang') setInterval(() => undefined, 1000);
       else { console.error('no such command'); process.exitCode = 2; }`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are ready at their first answer, have a size, and stop', async () => {
    const port = await freePort();
    const target = new URL(`http://127.0.0.1:${port}/v1/predict`);
    const served = await startServed(cli, ['serve', String(port)], target, '好');
    expect(served.readySeconds).toBeGreaterThan(0);
    expect(await served.residentBytes()).toBeGreaterThan(2 ** 20);
    expect(await served.processorSeconds()).toBeGreaterThan(0);
    await served.stop();
    await expect(fetch(target)).rejects.toThrow();
  });

  it('say why they did not become ready', async () => {
    const target = new URL(`http://127.0.0.1:${await freePort()}/`);
    await expect(startServed(cli, ['nonsense'], target, '好')).rejects.toMatchObject({
      code: 'bench_server_failed',
      message: expect.stringContaining('no such command'),
    });
  });

  it('end with the process that started them, even before they are ready', async () => {
    const target = new URL(`http://127.0.0.1:${await freePort()}/`);
    const child = fileURLToPath(new URL('../../../loadtest/bench/child.js', import.meta.url));
    const parent = execFile(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { childrenOf, startServed } from ${JSON.stringify(child)};
       void startServed(${JSON.stringify(cli)}, ['hang'], new URL('${target.href}'), 'x');
       console.log((await childrenOf(process.pid))[0]);
       process.exit(130);`,
    ]);
    let printed = '';
    parent.stdout?.on('data', (chunk: string) => (printed += chunk));
    await once(parent, 'close');
    const pid = Number(printed);
    expect(pid).toBeGreaterThan(0);
    await expect(ended(pid)).resolves.toBeUndefined();
  });

  it('hand back the report of a load', async () => {
    expect((await loadInChild(cli, ['http://127.0.0.1:1'])).measured.requestsPerSecond).toBe(7);
  });
});

/** Signal 0 asks whether a process is there. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}
