import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalizeText } from '../../../core/text/normalize.js';

test('width, case and script stay; control characters become spaces', () => {
  expect(normalizeText('ＡＢＣ Abc，。臺灣\u3000😀𠮷')).toBe('ＡＢＣ Abc，。臺灣\u3000😀𠮷');
  expect(normalizeText('一\t二\r\n三\0四\u0085五')).toBe('一 二  三 四 五');
  expect(normalizeText('\uD800好\uDC00')).toBe('\uFFFD好\uFFFD');
});

test('any string becomes a well-formed one of its length, once and for all', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })),
      (text, units) => {
        for (const raw of [text, String.fromCharCode(...units)]) {
          const normal = normalizeText(raw);
          expect(normal.isWellFormed()).toBe(true);
          expect(normal).toHaveLength(raw.length);
          expect(normal).not.toMatch(/\p{Cc}/u);
          expect(normalizeText(normal)).toBe(normal);
        }
      },
    ),
  );
});
