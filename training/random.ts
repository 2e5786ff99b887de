/**
 * Random numbers that need no saved state: each purpose and step of a run has a stream of its own, derived from the
 * run's seed, so a resumed run draws what the uninterrupted one would have drawn.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../core/random.js';

export type Purpose =
  | 'initialisation'
  | 'shuffle'
  | 'dropout'
  | 'token-dropout'
  | 'augmentation'
  | 'word-vectors'
  | 'hold-out'
  | 'benchmark';

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, end). */
  below(end: number): number;
  /** 32 random bits, as a signed integer. */
  bits(): number;
}

/** The stream of one purpose and index (an epoch, a step, a parameter's place). */
export function randomStream(seed: number, purpose: Purpose, index: number): Random {
  const letters = Array.from(purpose, (letter) => letter.codePointAt(0) ?? 0);
  const generator = seededGenerator(seed, ...letters, index);
  return {
    uniform: () => uniformFloat64(generator),
    below: (end) => uniformInt(generator, 0, end - 1),
    bits: () => generator.next(),
  };
}

/** Shuffles in place: Fisher and Yates. */
export function shuffle<T>(values: T[], random: Random): T[] {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const [a, b] = [values[last], values[other]];
    if (a !== undefined && b !== undefined) [values[last], values[other]] = [b, a];
  }
  return values;
}
