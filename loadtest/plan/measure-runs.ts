/**
 * What a worker's work takes by rows and length, and how much that varies. Times are processor time of this process,
 * which other programs on the machine do not lengthen.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { median } from '../../core/statistics.js';
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

/** Cells in random order, round by round: neighbours share no cache, as in a server that is sent all lengths. */
export async function measureRuns({
  run,
  rows,
  lengths,
  seconds,
  seed,
}: RunsOptions): Promise<Pick<ServingCosts['worker'], 'runs' | 'spread'>> {
  const random = xoroshiro128plus(seed);
  const cells = rows.flatMap((some) =>
    lengths.map((length) => ({ rows: some, length, times: [] as number[] })),
  );
  // ONNX Runtime plans its memory at a shape's first run.
  for (const cell of cells) await run(cell.rows, cell.length);
  const endMs = performance.now() + 1000 * seconds;
  for (let round = 0; round < fewestRounds || performance.now() < endMs; round += 1) {
    const waiting = [...cells];
    while (waiting.length > 0) {
      for (const cell of waiting.splice(uniformInt(random, 0, waiting.length - 1), 1)) {
        const before = process.cpuUsage();
        await run(cell.rows, cell.length);
        cell.times.push(processorMs(before));
      }
    }
  }
  const runs = cells.map((cell) => ({ rows: cell.rows, length: cell.length, ms: median(cell.times) }));
  const ratios = cells
    .flatMap(({ times }, index) => times.map((ms) => ms / (runs[index]?.ms ?? NaN)))
    .sort((a, b) => a - b);
  const spread = Array.from(
    { length: quantiles },
    (_, place) => ratios[Math.floor(((place + 0.5) / quantiles) * ratios.length)] ?? 1,
  );
  return { runs, spread };
}

/** Milliseconds of processor time since `before`. */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
