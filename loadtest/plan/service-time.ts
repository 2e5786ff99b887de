/** How long a worker takes for a batch, from the costs that were measured. */
import { groupByLength, largestGroup } from '../../core/batching/group-by-length.js';
import type { ServingCosts } from './costs.js';

export type TextSize = ServingCosts['texts'][number];

/** Milliseconds on a core alone. */
export interface BatchTime {
  /** In runs of the session. */
  readonly runMs: number;
  /** Tokenising and messages. */
  readonly besideMs: number;
}

/** @param draw uniform in [0, 1): where in the spread a run falls */
export type ServiceTime = (batch: readonly TextSize[], draw: () => number) => BatchTime;

export function serviceTime({ worker, batching }: Pick<ServingCosts, 'worker' | 'batching'>): ServiceTime {
  const run = runTime(worker.runs);
  const most = batching.rowByRow ? 1 : largestGroup;
  return (batch, draw) => {
    const lengths = batch.map(({ ids }) => ids);
    const characters = batch.reduce((sum, text) => sum + text.characters, 0);
    let runMs = 0;
    for (const places of groupByLength(lengths, most)) {
      const longest = Math.max(...places.map((place) => lengths[place] ?? 0));
      const varies = worker.spread[Math.floor(draw() * worker.spread.length)] ?? 1;
      runMs += varies * run(places.length, longest);
    }
    return { runMs, besideMs: worker.batchMs + worker.tokenizeMsPerCharacter * characters };
  };
}

/** Milliseconds of one run: linear in rows and in length between the grid's cells, and beyond its last. */
export function runTime(runs: ServingCosts['worker']['runs']): (rows: number, length: number) => number {
  const rowsOf = ascending(runs.map(({ rows }) => rows));
  const lengthsOf = ascending(runs.map(({ length }) => length));
  const cells = new Map(runs.map(({ rows, length, ms }) => [`${rows} ${length}`, ms]));
  const cell = (rows: number, length: number) => cells.get(`${rows} ${length}`) ?? NaN;
  const known = new Map<number, number>();
  return (rows, length) => {
    const key = rows * 2 ** 24 + length;
    let ms = known.get(key);
    if (ms === undefined) {
      const alongLength = (at: number) => between(lengthsOf, length, (one) => cell(at, one));
      ms = Math.max(0, between(rowsOf, rows, alongLength));
      known.set(key, ms);
    }
    return ms;
  };
}

/** What a run takes longer after a sleep: linear between those that were measured, and no more after longer ones. */
export function wakeTime(wake: ServingCosts['worker']['wake']): (sleptMs: number) => number {
  const points = [{ sleptMs: 0, ms: 0 }, ...wake];
  const times = points.map(({ sleptMs }) => sleptMs);
  const longest = Math.max(...times);
  const after = new Map(points.map(({ sleptMs, ms }) => [sleptMs, ms]));
  return (sleptMs) => between(times, Math.min(sleptMs, longest), (at) => after.get(at) ?? NaN);
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** The value at `x`, on the line through the nearest two of `at`. */
function between(at: readonly number[], x: number, value: (x: number) => number): number {
  const [only = NaN] = at;
  if (at.length === 1) return value(only);
  const above = at.findIndex((one) => one >= x);
  const high = above === -1 ? at.length - 1 : Math.max(1, above);
  const [x0 = NaN, x1 = NaN] = [at[high - 1], at[high]];
  const [y0, y1] = [value(x0), value(x1)];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
