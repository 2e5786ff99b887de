/**
 * What a worker's work takes by rows and length, and how much that varies. Times are processor time of this process,
 * which other programs on the machine do not lengthen.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';
import { median, middlesOfShares, sum } from '../../core/statistics.js';
import type { ServingCosts } from './costs.js';

export interface RunsOptions {
  /** One run of `rows` rows of `length` ids each, on one thread. */
  readonly run: (rows: number, length: number) => Promise<unknown>;
  readonly rows: readonly number[];
  readonly lengths: readonly number[];
  readonly seed: number;
}

export type MeasuredRuns = Pick<ServingCosts['worker'], 'runs' | 'spread' | 'wake'> &
  Pick<ServingCosts, 'pace'>;

/** Of a turn. */
const fewestRounds = 2;
const quantiles = 200;
/** Long beside a run, short beside what a neighbour does. */
const paceEveryMs = 100;
/** A cell's time and the pace are each found from the other; this often they hardly change any more. */
const passes = 20;

/** Sleeps before a run, milliseconds, and how often a turn has each. */
const sleeps = { lengthsMs: [1, 2, 5, 10, 20], each: 8 };

/** A run of a cell, in the window of the pace in which it began. */
export interface TimedRun {
  readonly cell: number;
  readonly window: number;
  readonly ms: number;
}

/**
 * Cells in random order, round by round: neighbours share no cache, as in a server that is sent all lengths. The turns
 * may lie apart, so that they meet the machine in different moods.
 */
export class RunsMeasurement {
  readonly #options: RunsOptions;
  readonly #cells: readonly { readonly rows: number; readonly length: number }[];
  readonly #random;
  readonly #timed: TimedRun[] = [];
  /** By sleep, milliseconds. */
  readonly #longer = new Map<number, number[]>(sleeps.lengthsMs.map((sleptMs) => [sleptMs, []]));
  /** Of the turns before. */
  #windows = 0;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#cells = options.rows.flatMap((rows) => options.lengths.map((length) => ({ rows, length })));
    this.#random = seededGenerator(options.seed);
  }

  /** @param seconds no round begins later */
  async turn(seconds: number): Promise<void> {
    const { run } = this.#options;
    // ONNX Runtime plans its memory at a shape's first run.
    for (const { rows, length } of this.#cells) await run(rows, length);
    const firstMs = performance.now();
    const endMs = firstMs + 1000 * seconds;
    let window = this.#windows;
    for (let round = 0; round < fewestRounds || performance.now() < endMs; round += 1) {
      const waiting = [...this.#cells.entries()];
      while (waiting.length > 0) {
        for (const [cell, { rows, length }] of waiting.splice(
          uniformInt(this.#random, 0, waiting.length - 1),
          1,
        )) {
          window = this.#windows + Math.floor((performance.now() - firstMs) / paceEveryMs);
          const before = process.cpuUsage();
          await run(rows, length);
          this.#timed.push({ cell, window, ms: processorMs(before) });
        }
      }
    }
    this.#windows = window + 1;
    for (let time = 0; time < sleeps.each; time += 1)
      for (const [sleptMs, longer] of this.#longer) longer.push(await this.#longerAfter(sleptMs));
  }

  /** Of two runs alike, the first after a sleep and the second right after it, so that both meet the same pace. */
  async #longerAfter(sleptMs: number): Promise<number> {
    const { run, lengths } = this.#options;
    const length = lengths[lengths.length >> 1] ?? 1;
    await new Promise((resolve) => setTimeout(resolve, sleptMs));
    const start = process.cpuUsage();
    await run(1, length);
    const first = processorMs(start);
    const between = process.cpuUsage();
    await run(1, length);
    return first - processorMs(between);
  }

  result(): MeasuredRuns {
    const { usualMs, factors, spread } = apart(this.#timed, this.#cells.length);
    return {
      runs: this.#cells.map((cell, index) => ({ ...cell, ms: usualMs[index] ?? NaN })),
      spread,
      wake: [...this.#longer].map(([sleptMs, longer]) => ({ sleptMs, ms: Math.max(0, median(longer)) })),
      pace: { everyMs: paceEveryMs, factors },
    };
  }
}

/**
 * A run's time as the product of what is usual for its cell, the pace of its window (1 on average) and what is left.
 * Every cell has runs.
 */
export function apart(timed: readonly TimedRun[], cells: number) {
  const ofCell: TimedRun[][] = Array.from({ length: cells }, () => []);
  for (const one of timed) ofCell[one.cell]?.push(one);
  let factors: readonly number[] = [];
  let usualMs: readonly number[] = [];
  const atPace = ({ ms, window }: TimedRun) => ms / (factors[window] ?? 1);
  for (let pass = 0; pass < passes; pass += 1) {
    usualMs = ofCell.map((runs) => median(runs.map(atPace)));
    factors = paceOf(timed, usualMs);
  }
  usualMs = ofCell.map((runs) => median(runs.map(atPace)));
  const left = timed.map((one) => atPace(one) / (usualMs[one.cell] ?? NaN));
  return { usualMs, factors: [...factors], spread: middlesOfShares(left, quantiles) };
}

/** By window, 1 on average; where no run began, that of the window before. */
function paceOf(timed: readonly TimedRun[], usualMs: readonly number[]): number[] {
  const windows: ({ ms: number; usualMs: number } | undefined)[] = [];
  for (const { cell, window, ms } of timed) {
    const sums = (windows[window] ??= { ms: 0, usualMs: 0 });
    sums.ms += ms;
    sums.usualMs += usualMs[cell] ?? NaN;
  }
  let latest = 1;
  const factors = Array.from(windows, (sums) => {
    if (sums !== undefined && sums.usualMs > 0) latest = sums.ms / sums.usualMs;
    return latest;
  });
  const average = sum(factors) / factors.length;
  return factors.map((factor) => factor / average);
}

/** Milliseconds of processor time since `before`. */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
