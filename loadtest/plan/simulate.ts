/**
 * A server under an open loop of one text a request, as a discrete-event simulation: the main thread takes a request, the
 * queue waits, a worker takes the oldest entry and others of its length bucket, and the main thread answers. The policies
 * are the server's own (`core/batching/`).
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { seededGenerator } from '../../core/random.js';
import { percentiles } from '../../core/statistics.js';
import { totalSeconds } from '../open-loop/arrivals.js';
import { plannedRequests, type RequestPlan } from '../open-loop/planned-requests.js';
import { type CoreSpeed, SimulatedCores, type SimulatedThread } from './cores.js';
import type { ServingCosts } from './costs.js';
import { Interruptions } from './interruptions.js';
import { serviceTime, wakeTime } from './service-time.js';
import { SimulatedQueue } from './simulated-queue.js';

/** One replica: what it may use. */
export interface Replica {
  readonly cores: number;
  readonly workers: number;
}

export interface SimulationOptions {
  readonly costs: ServingCosts;
  readonly replica: Replica;
  /** What a load test with this plan sends: requests of the warm-up are not counted. */
  readonly load: RequestPlan;
  /** Processor time of a load generator on the same cores, a request; 0 where it has a machine of its own. */
  readonly generatorMs?: number;
}

export interface Simulated {
  /** Milliseconds from sending to the whole answer. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of each request that counts, from when it was due: longer by what the generator waits for a core. */
  readonly fromDueMs: readonly number[];
  /** Requests that found the queue full. They count as infinitely slow in the percentiles. */
  readonly refused: number;
  /** Shares of the time, 0 to 1. */
  readonly mainBusy: number;
  readonly coresBusy: number;
  readonly rowsPerBatch: number;
  /** What a request's batch takes in runs of the session, by the clock: the mean of the server's stage `infer`. */
  readonly inferMs: number;
}

interface SimulatedRequest {
  readonly dueMs: number;
  readonly sentMs: number;
  readonly counted: boolean;
  readonly length: number;
  readonly size: ServingCosts['texts'][number];
}

/** Keeps the spread of runs apart from arrivals and texts, which are drawn by the seed and its complement. */
const drawsOfRuns = 0x5bd1e995;

export function simulate(options: SimulationOptions): Simulated {
  const { costs, replica, load, generatorMs = 0 } = options;
  const { main, batching, wireMs, texts } = costs;
  const random = seededGenerator(load.seed ^ drawsOfRuns);
  const draw = () => uniformFloat64(random);
  const batchMs = serviceTime(costs);
  const wakeMs = wakeTime(costs.worker.wake);
  const cores = new SimulatedCores(replica.cores, coreSpeed(costs.speeds), costs.pace);
  const mainThread = cores.thread();
  const generator = cores.thread();
  const workers = Array.from({ length: replica.workers }, () => ({
    // As the server starts them.
    thread: cores.thread('yielding'),
    running: 0,
    /** When its latest batch ended. */
    freeMs: -Infinity,
  }));
  const queue = new SimulatedQueue<SimulatedRequest>(batching);
  const latencies: number[] = [];
  const fromDueMs: number[] = [];
  const ended = ({ counted, sentMs, dueMs }: SimulatedRequest, endMs: number) => {
    if (!counted) return;
    latencies.push(endMs - sentMs);
    fromDueMs.push(endMs - dueMs);
  };
  let [refused, mainWork, batches, rows, inferMs] = [0, 0, 0, 0, 0];

  const on = (thread: SimulatedThread, work: number, done: () => void) => {
    if (thread === mainThread) mainWork += work;
    cores.run(thread, work, done);
  };
  const accept = (request: SimulatedRequest) => {
    on(mainThread, main.requestMs / 2, () => {
      if (queue.push(request)) dispatch();
      else {
        if (request.counted) refused += 1;
        ended(request, Infinity);
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
        on(mainThread, main.batchMs - main.handoverMs, () => undefined);
        const takenMs = cores.nowMs;
        const time = batchMs(
          batch.map(({ size }) => size),
          draw,
        );
        const runMs = time.runMs + (ahead === 0 ? wakeMs(takenMs - worker.freeMs) : 0);
        const work = runMs + time.besideMs;
        on(worker.thread, work, () => {
          const tookMs = cores.nowMs - Math.max(takenMs, worker.freeMs);
          worker.freeMs = cores.nowMs;
          inferMs += (batch.length * tookMs * runMs) / work;
          on(mainThread, main.handoverMs, () => {
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
        ended(request, cores.nowMs + wireMs);
      };
      if (generatorMs > 0) on(generator, generatorMs / 2, receive);
      else receive();
    });
  };

  const { stages, nextDueMs, nextRequest } = plannedRequests(load, texts.length);
  const interruptions = new Interruptions(costs.interruptions, cores, {
    count: replica.cores,
    seconds: totalSeconds(stages),
    seed: load.seed,
  });
  for (let dueMs = nextDueMs(); dueMs < Infinity; dueMs = nextDueMs()) {
    interruptions.advance(dueMs);
    const size = texts[nextRequest()] ?? { characters: 0, ids: 1 };
    const length = Math.min(size.characters, batching.longestRow);
    const request = { dueMs, sentMs: dueMs, counted: dueMs >= 1000 * load.warmupSeconds, length, size };
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
    fromDueMs,
    refused,
    mainBusy: Math.min(1, mainWork / nowMs),
    coresBusy: meanBusy / replica.cores,
    rowsPerBatch: rows / batches,
    inferMs: inferMs / rows,
  };
}

/** Poisson arrivals that go on as they are; a tenth as many requests come before those that count. */
export function steady(rate: number, requests: number, seed: number): RequestPlan {
  const seconds = requests / rate;
  return {
    stages: [{ seconds, from: rate, to: rate }],
    arrivals: 'poisson',
    seed,
    warmupSeconds: seconds / 10,
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
