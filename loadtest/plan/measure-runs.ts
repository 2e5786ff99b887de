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
/**
 * Seconds of a turn before its times count: after a pause the first rounds are slower, and short runs most, by up to half
 * of what they take.
 */
const warmSeconds = 2;
const quantiles = 200;
/** Long beside a run, short beside what a neighbour does. */
const paceEveryMs = 100;
/** A cell's time and the pace are each found from the other; this often they hardly change any more. */
const passes = 20;

/** Sleeps before a run, milliseconds, and how often a turn has each. */
const sleeps = { lengthsMs: [1, 2, 5, 10, 20], each: 16 };

/** A run of a cell, in the window of the pace in which it began. */
export interface TimedRun {
  readonly cell: number;
  readonly window: number;
  readonly ms: number;
}

/**
 * Round by round, the rows in random order, and with each the lengths in random order: a server's batches are of all
 * lengths and, at a steady rate, of about as many rows as the one before, whose use of caches they meet. The turns may lie
 * apart, so that they meet the machine in different moods.
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

  /**
   * @param seconds in which times count; no round begins later
   * @param warm seconds before them
   */
  async turn(seconds: number, warm = warmSeconds): Promise<void> {
    // At least once: ONNX Runtime plans its memory at a shape's first run.
    const warmEndMs = performance.now() + 1000 * warm;
    do for (const [, { rows, length }] of this.#shuffledCells()) await this.#options.run(rows, length);
    while (performance.now() < warmEndMs);
    const firstMs = performance.now();
    const endMs = firstMs + 1000 * seconds;
    let window = this.#windows;
    for (let round = 0; round < fewestRounds || performance.now() < endMs; round += 1) {
      for (const [cell, { rows, length }] of this.#shuffledCells()) {
        window = this.#windows + Math.floor((performance.now() - firstMs) / paceEveryMs);
        const ms = await this.#timedRun(rows, length);
        this.#timed.push({ cell, window, ms });
      }
    }
    this.#windows = window + 1;
    for (let time = 0; time < sleeps.each; time += 1)
      for (const [sleptMs, longer] of this.#longer) longer.push(await this.#longerAfter(sleptMs));
  }

  /**
   * Of two runs alike, one after a sleep and one without, so that both meet the same pace. Before each comes one of another
   * length: a run after its own like would be quicker than any in the grid.
   */
  async #longerAfter(sleptMs: number): Promise<number> {
    const { run, lengths } = this.#options;
    const [length = 1, other = 1] = this.#shuffled(lengths);
    await run(1, other);
    await new Promise((resolve) => setTimeout(resolve, sleptMs));
    const afterSleep = await this.#timedRun(1, length);
    await run(1, other);
    return afterSleep - (await this.#timedRun(1, length));
  }

  async #timedRun(rows: number, length: number): Promise<number> {
    const before = process.cpuUsage();
    await this.#options.run(rows, length);
    return processorMs(before);
  }

  #shuffledCells(): [number, { readonly rows: number; readonly length: number }][] {
    const cells = [...this.#cells.entries()];
    return this.#shuffled(this.#options.rows).flatMap((rows) =>
      this.#shuffled(cells.filter(([, cell]) => cell.rows === rows)),
    );
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    return values.flatMap(() => left.splice(uniformInt(this.#random, 0, left.length - 1), 1));
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
