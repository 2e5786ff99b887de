/** The student's tokenizer, as a bundle's manifest describes it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSegmenter } from '../../../core/text/segmenter.js';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { UNK_ID, Vocabulary } from '../../../core/text/vocabulary.js';
import { wordEncoder } from '../../../core/text/word-tokenizer.js';
import { strings } from './strings.js';

const vocabulary = Vocabulary.build([
  ['房间', '很', '干净', '，', '服务', '也好', '。', '𠮷', '😀', 'very', 'good', '好', 'a'.repeat(2000)],
]);
const descriptor = {
  kind: 'words',
  segmenter: 'node-rs-jieba',
  segmenterVersion: '',
  vocabularyFile: 'vocab.txt',
  maxWords: 16,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-tokenizer-'));
  await writeFile(path.join(folder, 'vocab.txt'), vocabulary.serialize());
  descriptor.segmenterVersion = (await loadSegmenter('node-rs-jieba')).version;
});
afterAll(() => rm(folder, { recursive: true }));

test("gives the vocabulary's ids, [UNK]'s for other words", async () => {
  const tokenizer = await loadTokenizer(descriptor, folder);
  expect(tokenizer.vocabularySize).toBe(vocabulary.words.length);
  const ids = (...words: string[]) => words.map((word) => vocabulary.idOf(word));
  expect(tokenizer.encode('房间很干净，服务也好。')).toEqual(
    ids('房间', '很', '干净', '，', '服务', '也好', '。'),
  );
  expect(tokenizer.encode('电脑很干净')).toEqual([UNK_ID, ...ids('很', '干净')]);
  expect(tokenizer.encode('[PAD]')).not.toContain(0);
  for (const empty of ['', ' \u3000\t\n', '\0']) expect(tokenizer.encode(empty)).toEqual([UNK_ID]);
});

test('any string gives 1 to maxWords ids that there are; fewer words are a prefix', async () => {
  const limits = [1, 7];
  const tokenizers = await Promise.all(
    limits.map((maxWords) => loadTokenizer({ ...descriptor, maxWords }, folder)),
  );
  const whole = await loadTokenizer({ ...descriptor, maxWords: 100_000 }, folder);
  fc.assert(
    fc.property(strings, (text) => {
      const all = whole.encode(text);
      expect(all.every((id) => Number.isInteger(id) && id > 0 && id < vocabulary.words.length)).toBe(true);
      tokenizers.forEach((tokenizer, index) => {
        const ids = tokenizer.encode(text);
        expect(ids.length).toBeGreaterThan(0);
        expect(ids).toEqual(all.slice(0, limits[index]));
      });
    }),
  );
});

test('a long word or much white space does not hide the words after it', async () => {
  const tokenizer = await loadTokenizer({ ...descriptor, maxWords: 2 }, folder);
  const good = vocabulary.idOf('好');
  expect(tokenizer.encode(`${'a'.repeat(2000)} 好`)).toEqual([vocabulary.idOf('a'.repeat(2000)), good]);
  expect(tokenizer.encode(`${' '.repeat(2000)}好`)).toEqual([good]);
});

test('another version of the segmenter is a warning', async () => {
  expect((await loadTokenizer(descriptor, folder)).warnings).toEqual([]);
  const { warnings } = await loadTokenizer({ ...descriptor, segmenterVersion: '0.0.1' }, folder);
  expect(warnings).toEqual([expect.stringMatching(/node-rs-jieba 0\.0\.1.*installed/)]);
});

test('a kind that there is not is refused', async () => {
  for (const kind of ['characters', 'toString', '__proto__', '']) {
    await expect(loadTokenizer({ ...descriptor, kind }, folder)).rejects.toMatchObject({
      code: 'tokenizer_unknown',
      hint: expect.stringContaining('words'),
    });
  }
  for (const none of [null, undefined, 'words', [], {}, { kind: 1 }]) {
    await expect(loadTokenizer(none, folder)).rejects.toMatchObject({ code: 'tokenizer_unknown' });
  }
});

test('a description that does not fit is refused by the part that does not', async () => {
  for (const [part, value] of Object.entries({
    segmenter: 'scissors',
    segmenterVersion: 2,
    vocabularyFile: '../vocab.txt',
    maxWords: 0,
    extra: true,
  })) {
    await expect(loadTokenizer({ ...descriptor, [part]: value }, folder)).rejects.toMatchObject({
      code: 'tokenizer_invalid',
      details: { reason: expect.stringContaining(part) },
    });
  }
});

test('a vocabulary that is absent or damaged is refused', async () => {
  await expect(loadTokenizer({ ...descriptor, vocabularyFile: 'none.txt' }, folder)).rejects.toMatchObject({
    code: 'vocabulary_missing',
    details: { path: path.join(folder, 'none.txt') },
  });
  await writeFile(path.join(folder, 'damaged.txt'), '[PAD]\n[UNK]\n好\n好\n');
  await expect(loadTokenizer({ ...descriptor, vocabularyFile: 'damaged.txt' }, folder)).rejects.toMatchObject(
    {
      code: 'vocabulary_malformed',
      details: { path: path.join(folder, 'damaged.txt'), line: 4 },
    },
  );
});

test('an unknown word may become its characters', async () => {
  const tokenizer = await loadTokenizer({ ...descriptor, unknownWords: 'characters' }, folder);
  const id = (word: string) => vocabulary.idOf(word);
  // 也好 is a word of the vocabulary, 很好 is not, and of its characters both are.
  expect(tokenizer.encode('房间很好也好')).toEqual([id('房间'), id('很'), id('好'), id('也好')]);
  expect(tokenizer.encode('电脑')).toEqual([UNK_ID, UNK_ID]);
  const long = await loadTokenizer({ ...descriptor, maxWords: 3, unknownWords: 'characters' }, folder);
  expect(long.encode('电脑电脑电脑')).toHaveLength(3);
});

test('pieces are what the ids stand for, a piece an id', async () => {
  for (const unknownWords of ['unk', 'characters']) {
    const tokenizer = await loadTokenizer({ ...descriptor, unknownWords }, folder);
    fc.assert(
      fc.property(strings, (text) => {
        expect(tokenizer.pieces!(text).map(({ id }) => id)).toEqual(tokenizer.encode(text));
      }),
    );
    expect(tokenizer.pieces!('电脑很')).toEqual([
      ...(unknownWords === 'unk' ? ['电脑'] : ['电', '脑']).map((word) => ({ text: word, id: UNK_ID })),
      { text: '很', id: vocabulary.idOf('很') },
    ]);
    expect(tokenizer.pieces!('')).toEqual([{ text: '', id: UNK_ID }]);
  }
});

test('a word that the vocabulary lacks is spelt as far as the text is read, however long it is', () => {
  const encode = wordEncoder(vocabulary, { unknownWords: 'characters', maxWords: 16 });
  expect(encode(['很', 'b'.repeat(300_000)])).toEqual([
    vocabulary.idOf('很'),
    ...Array<number>(15).fill(UNK_ID),
  ]);
});
