/**
 * Random numbers that need no saved state: each purpose and step of a run has a stream of its own, derived from the
 * run's seed, so a resumed run draws what the uninterrupted one would have drawn.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

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
  const words = [seed, ...Array.from(purpose, (letter) => letter.codePointAt(0) ?? 0), index];
  const generator = xoroshiro128plus(words.reduce(mix, 0));
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

/** MurmurHash3's 32-bit block mixing and finalisation (Appleby, 2011, public domain). */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
