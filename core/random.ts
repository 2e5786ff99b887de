/** The one way to a seeded generator: pure-rand takes a seed as it is, and the first draws of a small one are close to 1. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

type Generator = ReturnType<typeof xoroshiro128plus>;

/** A generator whose draws, the first among them, are unlike those of any other words: integers of 32 bits. */
export function seededGenerator(...words: readonly number[]): Generator {
  return xoroshiro128plus(words.reduce(mix, 0));
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
