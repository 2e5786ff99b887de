/** Augmentations: what holds for any words, and what the rates mean. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Lexicon } from '../../training/augment/augmentation.js';
import { lexiconOf } from '../../training/augment/parts-of-speech.js';
import { loadSegmenter } from '../../core/text/segmenter.js';
import { augment, augmentations, type AugmentationSettings } from '../../training/augment/augmentations.js';
import { randomStream } from '../../training/random.js';

const none: AugmentationSettings = { swap: 0, mask: 0, ngram: 0, crop: 0 };
const lexicon: Lexicon = { alike: (word) => `${word}'` };
const words = Array.from({ length: 1000 }, (_, place) => `w${place}`);

test('what is left is a run of the words, of which some are masked', () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 30 }),
      fc.record({ swap: fc.constant(0), mask: rate, ngram: rate, crop: rate }),
      fc.nat(),
      (given, rates, seed) => {
        const changed = augment(given, rates, randomStream(seed, 'augmentation', 0), lexicon);
        expect(changed.length).toBeGreaterThan(0);
        const starts = given.map((_, start) => given.slice(start, start + changed.length));
        expect(
          starts.some((run) => changed.every((word, place) => word === null || word === run[place])),
        ).toBe(true);
      },
    ),
  );
});

test('rates of 0 change nothing; a mask of 1 leaves no word', () => {
  expect(augment(words, none, randomStream(1, 'augmentation', 0), lexicon)).toEqual(words);
  const masked = augment(words, { ...none, mask: 1 }, randomStream(1, 'augmentation', 0), lexicon);
  expect(masked.every((word) => word === null)).toBe(true);
});

test('a tenth is masked, an n-gram has 2 to 10 words, a crop at least half', () => {
  const masked = augment(words, { ...none, mask: 0.1 }, randomStream(2, 'augmentation', 0), lexicon);
  const share = masked.filter((word) => word === null).length / words.length;
  expect(share).toBeGreaterThan(0.07);
  expect(share).toBeLessThan(0.13);
  const lengths = (rates: AugmentationSettings) =>
    Array.from(
      { length: 200 },
      (_, index) => augment(words, rates, randomStream(3, 'augmentation', index), lexicon).length,
    );
  const ngrams = new Set(lengths({ ...none, ngram: 1 }));
  expect([...ngrams].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(Math.min(...lengths({ ...none, crop: 1 }))).toBeGreaterThanOrEqual(500);
});

test('the published recipe is the default', () => {
  expect(Object.fromEntries(augmentations.map(({ name, rate }) => [name, rate]))).toEqual({
    swap: 0,
    mask: 0.1,
    ngram: 0.25,
    crop: 0,
  });
});

test('a swapped word is another of the same part of speech, from the texts', async () => {
  const swapped = augment(words, { ...none, swap: 1 }, randomStream(4, 'augmentation', 0), lexicon);
  expect(swapped).toEqual(words.map((word) => `${word}'`));
  const segmenter = await loadSegmenter('node-rs-jieba');
  const found = lexiconOf(['房间很干净', '早餐非常丰富，房间漂亮'], segmenter);
  const drawn = (word: string) =>
    new Set(
      Array.from({ length: 50 }, (_, index) => found.alike(word, randomStream(index, 'augmentation', 0))),
    );
  expect([...drawn('房间')].sort()).toEqual(['房间', '早餐'].sort());
  expect([...drawn('丰富')]).not.toContain('房间');
  expect([...drawn('电脑')]).toEqual(['电脑']);
});
