/**
 * The timing of one cell: engines in random order, round by round, until three windows of rounds in a row agree for
 * every engine (as perf_analyzer takes a figure for stable), or the time is up.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';
import { median, relativeSpread } from '../../core/statistics.js';
import type { Batch, PreparedEngine } from './engine.js';

/** Windows that must agree, and within what. */
export const agreeingWindows = 3;
export const stabilityLimit = 0.1;

/** A measurement that is not stable is done again: so often in all, and only while there is time. */
export const mostMeasurements = 3;
/** After so many times the seconds that a cell is measured, no further measurement begins. */
export const measurementTimes = 10;

export interface MeasureOptions {
  readonly batches: readonly Batch[];
  /** Rounds of a window; each engine runs every batch once a round. */
  readonly rounds: number;
  /**
   * A window is cut short when it takes more than a third of this, and no window begins after three times this; null:
   * as long as it takes.
   */
  readonly seconds: number | null;
  /** At most. */
  readonly windows: number;
  readonly seed: number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly onRound?: (round: number) => void;
}

export interface Times {
  /** Of each batch. */
  readonly logits: readonly Float32Array[];
  readonly warmupRuns: number;
  /** Milliseconds by window, round and batch: the last windows, those that the figure is made of. */
  readonly windows: readonly (readonly number[])[];
}

export interface Measured {
  /** In the order of the engines. */
  readonly times: readonly Times[];
  readonly stable: boolean;
  /** Rounds in the windows that count. */
  readonly runs: number;
}

export async function measure(
  engines: readonly PreparedEngine[],
  options: MeasureOptions,
): Promise<Measured> {
  const { now } = options;
  const milliseconds = 1000 * (options.seconds ?? Infinity);
  const warm = [];
  for (const engine of engines) warm.push(await warmUp(engine, options));
  const shuffled = shuffler(options.seed);
  const windows: number[][][] = [];
  const started = now();
  let rounds = options.rounds;
  for (;;) {
    // The first window says how many rounds there is time for.
    const limit = windows.length === 0 ? windowMilliseconds(options.seconds) : Infinity;
    const window = await measureWindow(engines, options, { rounds, limit }, shuffled);
    rounds = window.rounds;
    windows.push(window.milliseconds);
    const last = windows.slice(-agreeingWindows);
    const stable =
      last.length === agreeingWindows && engines.every((_, e) => spreadOf(last, e) <= stabilityLimit);
    const late = windows.length >= agreeingWindows && now() - started > 3 * milliseconds;
    if (stable || late || windows.length >= options.windows) {
      const times = warm.map((engine, e) => ({ ...engine, windows: last.map((all) => all[e] ?? []) }));
      return { times, stable, runs: rounds * last.length };
    }
  }
}

/** How far the medians of an engine's windows are apart. */
export function windowSpread(windows: readonly (readonly number[])[]): number {
  return relativeSpread(windows.map(median));
}

function spreadOf(windows: readonly (readonly (readonly number[])[])[], engine: number): number {
  return windowSpread(windows.map((all) => all[engine] ?? []));
}

const warmupLeast = 3;
const warmupMost = 20;

/** Runs all batches until three passes in a row take the same, within the limit; at most twenty, or the time of a window. */
async function warmUp(
  engine: PreparedEngine,
  { batches, now, seconds }: MeasureOptions,
): Promise<Pick<Times, 'logits' | 'warmupRuns'>> {
  const logits: Float32Array[] = [];
  for (const batch of batches) logits.push(Float32Array.from(await engine.run(batch)));
  const passes: number[] = [];
  const begin = now();
  while (passes.length < warmupMost) {
    const started = now();
    for (const batch of batches) await engine.run(batch);
    passes.push(now() - started);
    if (passes.length < warmupLeast) continue;
    if (
      relativeSpread(passes.slice(-warmupLeast)) <= stabilityLimit ||
      now() - begin > windowMilliseconds(seconds)
    )
      break;
  }
  return { logits, warmupRuns: 1 + passes.length };
}

function windowMilliseconds(seconds: number | null): number {
  return (1000 * (seconds ?? Infinity)) / agreeingWindows;
}

const leastRounds = 3;

async function measureWindow(
  engines: readonly PreparedEngine[],
  { batches, now, onRound }: MeasureOptions,
  { rounds, limit }: { readonly rounds: number; readonly limit: number },
  shuffled: (size: number) => number[],
): Promise<{ milliseconds: number[][]; rounds: number }> {
  const milliseconds = engines.map(() => new Array<number>());
  const started = now();
  let round = 0;
  while (round < rounds && (round < leastRounds || now() - started < limit)) {
    for (const b of shuffled(batches.length)) {
      for (const e of shuffled(engines.length)) {
        const [batch, engine] = [batches[b], engines[e]];
        if (batch === undefined || engine === undefined) continue;
        const began = now();
        await engine.run(batch);
        const times = milliseconds[e];
        if (times !== undefined) times[round * batches.length + b] = now() - began;
      }
    }
    round += 1;
    onRound?.(round);
  }
  return { milliseconds, rounds: round };
}

function shuffler(seed: number): (size: number) => number[] {
  const random = seededGenerator(seed);
  return (size) => {
    const order = Array.from({ length: size }, (_, i) => i);
    for (let i = size - 1; i > 0; i--) {
      const j = uniformInt(random, 0, i);
      [order[i], order[j]] = [order[j] ?? j, order[i] ?? i];
    }
    return order;
  };
}
