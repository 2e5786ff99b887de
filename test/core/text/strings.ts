/** Strings that texts should not hold and do: for properties that must be true of every string. */
import fc from 'fast-check';

const odd = fc.constantFrom(
  '',
  ' ',
  '\u3000',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u001b',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\uFFFD',
  '\uFFFF',
  '\uD800',
  '\uDC00',
  '\uDC00\uD800',
  '𠮷',
  '𪚥',
  '😀',
  '👨‍👩‍👧',
  'e\u0301',
  '房间很干净',
  '，',
  '服务也好',
  'very good',
  'Отель',
  'مرحبا',
  '3.14',
  '[PAD]',
  '[UNK]',
  'a'.repeat(2000),
  '好'.repeat(500),
);

/** Any UTF-16, and pieces of the above joined. */
export const strings: fc.Arbitrary<string> = fc.oneof(
  fc.array(odd, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  odd,
);
