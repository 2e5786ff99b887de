import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PAD, PAD_ID, UNK, UNK_ID, Vocabulary } from '../../../core/text/vocabulary.js';
import { strings } from './strings.js';

test('[PAD] is 0, [UNK] is 1, then words by falling count and first occurrence', () => {
  const texts = [
    ['好', '的', '很'],
    ['的', '很', PAD, UNK],
    ['的', '差'],
  ];
  const vocabulary = Vocabulary.build(texts);
  expect(vocabulary.words).toEqual([PAD, UNK, '的', '很', '好', '差']);
  expect(vocabulary.idOf('的')).toBe(2);
  expect(vocabulary.idOf('无')).toBe(UNK_ID);
  expect(vocabulary.idOf(UNK)).toBe(UNK_ID);
  expect(vocabulary.idOf(PAD)).toBe(UNK_ID);
  expect(Vocabulary.build(texts, { minCount: 2 }).words).toEqual([PAD, UNK, '的', '很']);
  expect(Vocabulary.build(texts, { maxSize: 3 }).words).toEqual([PAD, UNK, '的']);
  expect(Vocabulary.build([]).words).toEqual([PAD, UNK]);
});

test('names of Object.prototype are words like any other', () => {
  const vocabulary = Vocabulary.build([['constructor', '__proto__']]);
  expect(vocabulary.words).toEqual([PAD, UNK, 'constructor', '__proto__']);
  expect(vocabulary.idOf('toString')).toBe(UNK_ID);
});

test('what a line cannot hold is no word', () => {
  expect(
    Vocabulary.build([['', '\n', '一\n二', '\uD800', '好\uDC00', '\t', '\r', ' ', '\uFFFD']]).words,
  ).toEqual([PAD, UNK, '\t', '\r', ' ', '\uFFFD']);
});

test('whatever was built comes back from its bytes, with the same ids', () => {
  fc.assert(
    fc.property(fc.array(fc.array(strings)), fc.integer({ min: 1, max: 3 }), (texts, minCount) => {
      const vocabulary = Vocabulary.build(texts, { minCount });
      const bytes = Buffer.from(vocabulary.serialize());
      const read = Vocabulary.parse(bytes.toString('utf8'), 'vocab.txt');
      expect(read.words).toEqual(vocabulary.words);
      for (const word of texts.flat()) {
        const id = read.idOf(word);
        expect(id).toBe(vocabulary.idOf(word));
        expect(id === UNK_ID || read.words[id] === word).toBe(true);
        expect(id).not.toBe(PAD_ID);
      }
    }),
  );
});

test('a file that is not a vocabulary is refused by its line', () => {
  for (const [text, line, reason] of [
    ['', 1, PAD],
    ['好\n', 1, PAD],
    [`${UNK}\n${PAD}\n`, 1, PAD],
    [`\uFEFF${PAD}\n${UNK}\n`, 1, PAD],
    [`${PAD}\r\n${UNK}\r\n`, 1, PAD],
    [`${PAD}\n`, 2, UNK],
    [`${PAD}\n好\n`, 2, UNK],
    [`${PAD}\n${UNK}\n好\n\n差\n`, 4, 'empty'],
    [`${PAD}\n${UNK}\n好\n\n`, 4, 'empty'],
    [`${PAD}\n${UNK}\n好\n差\n好\n`, 5, '好'],
    [`${PAD}\n${UNK}\n好\n${PAD}\n`, 4, PAD],
  ] as const) {
    let thrown: unknown;
    try {
      Vocabulary.parse(text, 'somewhere/vocab.txt');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: 'vocabulary_malformed',
      details: { path: 'somewhere/vocab.txt', line, reason: expect.stringContaining(reason) },
    });
  }
});

test('the last line feed may be absent', () => {
  expect(Vocabulary.parse(`${PAD}\n${UNK}\n好`, 'vocab.txt').words).toEqual([PAD, UNK, '好']);
});

test('words that are left out may count as their characters', () => {
  const texts = [
    ['好书', '好', '𠮷祥'],
    ['𠮷', '好书'],
  ];
  const { words } = Vocabulary.build(texts, { minCount: 2, characters: true });
  expect(words).toEqual(['[PAD]', '[UNK]', '好书', '𠮷']);
});
