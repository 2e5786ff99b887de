/** Replicas, cores and memory for a rate and a bound on the p99, for replicas of several sizes. */
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import type { ServingCosts } from './costs.js';
import type { Replica } from './simulate.js';
import { simulatedCapacity } from './simulated-capacity.js';

export const PLAN_FORMAT = 1;

const sizedSchema = z.strictObject({
  cores: z.int().positive(),
  workers: z.int().positive(),
  memoryBytes: z.number().positive(),
  /** Texts a second that one replica takes within the bound. */
  capacity: z.number().positive(),
  /** At that rate. */
  p50Ms: z.number(),
  p99Ms: z.number(),
  rowsPerBatch: z.number(),
  /** Shares of the time, 0 to 1. */
  mainBusy: z.number(),
  coresBusy: z.number(),
});
/** A replica with what it takes. */
export type SizedReplica = z.infer<typeof sizedSchema>;

const optionSchema = z.strictObject({
  replica: sizedSchema,
  /** `spare` counted. */
  replicas: z.int().positive(),
  cores: z.number(),
  memoryBytes: z.number(),
});
export type PlanOption = z.infer<typeof optionSchema>;

export const planSchema = z.strictObject({
  format: z.literal(PLAN_FORMAT),
  kind: z.literal('plan'),
  bundle: z.string(),
  rate: z.number().positive(),
  p99BoundMs: z.number().positive(),
  /** Replicas beyond those that the rate needs. */
  spare: z.int().nonnegative(),
  seed: z.int(),
  requestsEach: z.int().positive(),
  /** The one with the fewest cores first. */
  options: z.array(optionSchema).min(1),
  /** Cores and memory by rate, of each size of replica. */
  curve: z.array(
    z.strictObject({ rate: z.number(), cores: z.number(), memoryBytes: z.number(), size: z.int() }),
  ),
});
export type Plan = z.infer<typeof planSchema>;

export interface PlanOptions {
  readonly costs: ServingCosts;
  /** Texts a second, one a request. */
  readonly rate: number;
  readonly p99BoundMs: number;
  readonly replicas: readonly Replica[];
  readonly spare: number;
  readonly seed: number;
  readonly requests: number;
}

/** The curve's last rate, texts a second. */
const highestRate = 100_000;
const pointsPerDecade = 24;

/** @throws RetortError plan_impossible */
export function plan({ costs, rate, p99BoundMs, replicas, spare, seed, requests }: PlanOptions): Plan {
  const tried = replicas.map((replica) => ({
    replica,
    ...simulatedCapacity({ costs, replica, p99BoundMs, seed, requests }),
  }));
  const sized = tried.flatMap(({ replica, rate: capacity, at }): SizedReplica[] => {
    if (capacity === 0) return [];
    const { p50Ms, p99Ms, rowsPerBatch, mainBusy, coresBusy } = at;
    const memoryBytes = costs.memory.serverBytes + replica.workers * costs.memory.workerBytes;
    return [{ ...replica, memoryBytes, capacity, p50Ms, p99Ms, rowsPerBatch, mainBusy, coresBusy }];
  });
  if (sized.length === 0) {
    throw fail('plan_impossible', {
      shapes: replicas.map(({ cores }) => `${cores} core${cores === 1 ? '' : 's'}`).join(', '),
      bound: p99BoundMs,
      rate: 0.1,
      reached: Math.min(...tried.map(({ at }) => at.p99Ms)).toFixed(1),
    });
  }
  const options = sized
    .map((replica) => need(replica, rate, spare))
    .sort((a, b) => a.cores - b.cores || a.memoryBytes - b.memoryBytes);
  const curve = ratesTo(Math.max(highestRate, rate)).flatMap((at) =>
    sized.map((replica) => {
      const { cores, memoryBytes } = need(replica, at, spare);
      return { rate: at, cores, memoryBytes, size: replica.cores };
    }),
  );
  return planSchema.parse({
    format: PLAN_FORMAT,
    kind: 'plan',
    bundle: costs.bundle,
    rate,
    p99BoundMs,
    spare,
    seed,
    requestsEach: requests,
    options,
    curve,
  } satisfies Plan);
}

/** A Poisson process that is split among replicas by chance is one for each of them, of its share of the rate. */
function need(replica: SizedReplica, rate: number, spare: number): PlanOption {
  const replicas = Math.ceil(rate / replica.capacity) + spare;
  return {
    replica,
    replicas,
    cores: replicas * replica.cores,
    memoryBytes: replicas * replica.memoryBytes,
  };
}

function ratesTo(last: number): number[] {
  const rates: number[] = [];
  for (let step = 0; 10 ** (1 + step / pointsPerDecade) < last; step += 1)
    rates.push(10 ** (1 + step / pointsPerDecade));
  return [...rates, last];
}
