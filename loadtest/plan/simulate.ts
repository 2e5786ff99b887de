/**
 * A server under Poisson arrivals of one text each, as a discrete-event simulation: the main thread takes a request, the
 * queue waits, a worker takes the oldest entry and others of its length bucket, and the main thread answers. The policies
 * are the server's own (`core/batching/`).
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { percentiles } from '../../core/statistics.js';
import { arrivals } from '../open-loop/arrivals.js';
import { type CoreSpeed, SimulatedCores, type SimulatedThread } from './cores.js';
import type { ServingCosts } from './costs.js';
import { serviceTime } from './service-time.js';
import { SimulatedQueue } from './simulated-queue.js';

/** One replica: what it may use. */
export interface Replica {
  readonly cores: number;
  readonly workers: number;
}

export interface SimulationOptions {
  readonly costs: ServingCosts;
  readonly replica: Replica;
  /** Texts a second, one a request. */
  readonly rate: number;
  readonly seed: number;
  /** Requests that are counted; a tenth as many come before them. */
  readonly requests: number;
  /** Processor time of a load generator on the same cores, a request; 0 where it has a machine of its own. */
  readonly generatorMs?: number;
}

export interface Simulated {
  /** Milliseconds from sending to the whole answer. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that found the queue full. They count as infinitely slow in the percentiles. */
  readonly refused: number;
  /** Shares of the time, 0 to 1. */
  readonly mainBusy: number;
  readonly coresBusy: number;
  readonly rowsPerBatch: number;
}

interface SimulatedRequest {
  readonly sentMs: number;
  readonly counted: boolean;
  readonly length: number;
  readonly size: ServingCosts['texts'][number];
}

export function simulate(options: SimulationOptions): Simulated {
  const { costs, replica, rate, seed, requests, generatorMs = 0 } = options;
  const { main, batching, wireMs, texts } = costs;
  const random = xoroshiro128plus(seed);
  const draw = () => uniformFloat64(random);
  const batchMs = serviceTime(costs);
  const cores = new SimulatedCores(replica.cores, coreSpeed(costs.speeds));
  const mainThread = cores.thread();
  const generator = cores.thread();
  const workers = Array.from({ length: replica.workers }, () => ({
    // As the server starts them.
    thread: cores.thread('yielding'),
    running: 0,
  }));
  const queue = new SimulatedQueue<SimulatedRequest>(batching);
  const latencies: number[] = [];
  let [refused, mainWork, batches, rows] = [0, 0, 0, 0];

  const on = (thread: SimulatedThread, work: number, done: () => void) => {
    if (thread === mainThread) mainWork += work;
    cores.run(thread, work, done);
  };
  const accept = (request: SimulatedRequest) => {
    on(mainThread, main.requestMs / 2, () => {
      if (queue.push(request)) dispatch();
      else if (request.counted) {
        refused += 1;
        latencies.push(Infinity);
      }
    });
  };
  const dispatch = () => {
    for (let ahead = 0; ahead < (batching.rowByRow ? 2 : 1); ahead += 1) {
      const free = workers.filter(({ running }) => running === ahead);
      for (const [index, worker] of free.entries()) {
        const batch = queue.take(free.length - index);
        if (batch === null) return;
        worker.running += 1;
        batches += 1;
        rows += batch.length;
        on(mainThread, main.batchMs / 2, () => undefined);
        const work = batchMs(
          batch.map(({ size }) => size),
          draw,
        );
        on(worker.thread, work, () => {
          on(mainThread, main.batchMs / 2, () => {
            worker.running -= 1;
            // The next batch first, as in the server.
            dispatch();
            for (const request of batch) answer(request);
          });
        });
      }
    }
  };
  const answer = (request: SimulatedRequest) => {
    on(mainThread, main.requestMs / 2, () => {
      const receive = () => {
        if (request.counted) latencies.push(cores.nowMs - request.sentMs + wireMs);
      };
      if (generatorMs > 0) on(generator, generatorMs / 2, receive);
      else receive();
    });
  };

  const warm = Math.ceil(requests / 10);
  const nextMs = arrivals([{ seconds: Infinity, from: rate, to: rate }], 'poisson', seed);
  for (let sent = 0; sent < warm + requests; sent += 1) {
    const dueMs = nextMs();
    while (cores.advance(dueMs));
    const size = texts[Math.floor(draw() * texts.length)] ?? { characters: 0, ids: 1 };
    const length = Math.min(size.characters, batching.longestRow);
    const request = { sentMs: dueMs, counted: sent >= warm, length, size };
    if (generatorMs > 0)
      on(generator, generatorMs / 2, () => {
        accept({ ...request, sentMs: cores.nowMs });
      });
    else accept(request);
  }
  const { meanBusy, nowMs } = cores;
  while (cores.advance(Infinity));

  const [p50Ms = Infinity, p99Ms = Infinity] = percentiles(latencies, [50, 99]);
  return {
    meanMs: latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length,
    p50Ms,
    p99Ms,
    refused,
    mainBusy: Math.min(1, mainWork / nowMs),
    coresBusy: meanBusy / replica.cores,
    rowsPerBatch: rows / batches,
  };
}

/** Between the counts that were measured the speed is linear; above the largest it is that of the largest. */
export function coreSpeed(speeds: ServingCosts['speeds']): CoreSpeed {
  return (busy) => {
    const above = speeds.findIndex((one) => one.busy >= busy);
    const high = speeds[above];
    if (high === undefined) return speeds.at(-1)?.speed ?? 1;
    const low = speeds[above - 1];
    if (low === undefined || high.busy === busy) return high.speed;
    return low.speed + ((high.speed - low.speed) * (busy - low.busy)) / (high.busy - low.busy);
  };
}
