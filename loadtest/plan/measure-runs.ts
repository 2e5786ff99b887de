/**
 * What a worker's work takes by rows and length, and how much that varies. Times are processor time of this process,
 * which other programs on the machine do not lengthen.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { median, sum } from '../../core/statistics.js';
import type { ServingCosts } from './costs.js';

export interface RunsOptions {
  /** One run of `rows` rows of `length` ids each, on one thread. */
  readonly run: (rows: number, length: number) => Promise<unknown>;
  readonly rows: readonly number[];
  readonly lengths: readonly number[];
  /** No round begins later. */
  readonly seconds: number;
  readonly seed: number;
}

const fewestRounds = 5;
const quantiles = 200;
/** Long beside a run, short beside what a neighbour does. */
const paceEveryMs = 100;

interface TimedRun {
  /** From the first on. */
  readonly startMs: number;
  readonly ms: number;
}

/** Cells in random order, round by round: neighbours share no cache, as in a server that is sent all lengths. */
export async function measureRuns({
  run,
  rows,
  lengths,
  seconds,
  seed,
}: RunsOptions): Promise<Pick<ServingCosts['worker'], 'runs' | 'spread'> & Pick<ServingCosts, 'pace'>> {
  const random = xoroshiro128plus(seed);
  const cells = rows.flatMap((some) =>
    lengths.map((length) => ({ rows: some, length, timed: [] as TimedRun[] })),
  );
  // ONNX Runtime plans its memory at a shape's first run.
  for (const cell of cells) await run(cell.rows, cell.length);
  const firstMs = performance.now();
  const endMs = firstMs + 1000 * seconds;
  for (let round = 0; round < fewestRounds || performance.now() < endMs; round += 1) {
    const waiting = [...cells];
    while (waiting.length > 0) {
      for (const cell of waiting.splice(uniformInt(random, 0, waiting.length - 1), 1)) {
        const startMs = performance.now() - firstMs;
        const before = process.cpuUsage();
        await run(cell.rows, cell.length);
        cell.timed.push({ startMs, ms: processorMs(before) });
      }
    }
  }
  const runs = cells.map(({ rows: some, length, timed }) => ({
    rows: some,
    length,
    ms: median(timed.map(({ ms }) => ms)),
  }));
  const ratios = cells.flatMap(({ timed }, index) =>
    timed.map(({ startMs, ms }) => ({ startMs, ms, usualMs: runs[index]?.ms ?? NaN })),
  );
  const factors = paceOf(ratios);
  const spread = ratios
    .map(({ startMs, ms, usualMs }) => ms / usualMs / (factors[Math.floor(startMs / paceEveryMs)] ?? 1))
    .sort((a, b) => a - b);
  return {
    runs,
    spread: Array.from(
      { length: quantiles },
      (_, place) => spread[Math.floor(((place + 0.5) / quantiles) * spread.length)] ?? 1,
    ),
    pace: { everyMs: paceEveryMs, factors },
  };
}

/** By window, 1 on average; where no run began, that of the window before. */
function paceOf(runs: readonly (TimedRun & { readonly usualMs: number })[]): number[] {
  const windows: ({ ms: number; usualMs: number } | undefined)[] = [];
  for (const { startMs, ms, usualMs } of runs) {
    const window = (windows[Math.floor(startMs / paceEveryMs)] ??= { ms: 0, usualMs: 0 });
    window.ms += ms;
    window.usualMs += usualMs;
  }
  let latest = 1;
  const factors = Array.from(windows, (window) => {
    if (window !== undefined && window.usualMs > 0) latest = window.ms / window.usualMs;
    return latest;
  });
  const mean = sum(factors) / factors.length;
  return factors.map((factor) => factor / mean);
}

/** Milliseconds of processor time since `before`. */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
