/** Rows set aside: drawn by the seed, and nothing of them left in train. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdOut } from '../../../training/data/hold-out.js';

const examples = fc.array(
  fc.record({
    text: fc.string({ unit: fc.constantFrom('好', '坏', '书', '。'), minLength: 1, maxLength: 4 }),
    label: fc.constantFrom(0, 1),
  }),
  { minLength: 2, maxLength: 60 },
);

test('every row is in dev, in train, or left out since dev has its text', () => {
  fc.assert(
    fc.property(examples, fc.integer({ min: 1, max: 20 }), fc.integer(), (all, count, seed) => {
      const { train, dev, leftOut } = holdOut(all, count, seed);
      expect(dev).toHaveLength(Math.min(count, all.length));
      expect(dev.length + train.length + leftOut).toBe(all.length);
      const bare = (text: string) => text.replaceAll('。', '');
      const held = new Set(dev.map(({ text }) => bare(text)));
      expect(train.some(({ text }) => held.has(bare(text)))).toBe(false);
      expect(holdOut(all, count, seed)).toEqual({ train, dev, leftOut });
    }),
  );
});
