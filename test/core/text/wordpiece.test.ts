import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { type GoldenText, readGoldens, tokenizerFixture } from './golden-texts.js';

const descriptor = { kind: 'wordpiece', vocabularyFile: 'vocab.txt', maxTokens: 512 };
const [CLS, SEP, MASK] = [1, 2, 3];

describe('WordPiece over a vocab.txt', () => {
  const variants = readGoldens('wordpiece.json') as { options: object; cases: GoldenText[] }[];

  it.each(variants)('gives the Rust library\u2019s ids with $options', async ({ options, cases }) => {
    const tokenizer = await loadTokenizer({ ...descriptor, ...options }, tokenizerFixture('ernie'));
    expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
  });

  it('takes special tokens in a text for what they are where its descriptor says so', async () => {
    const open = (specialTokens: boolean) =>
      loadTokenizer({ ...descriptor, maxTokens: 8, specialTokens }, tokenizerFixture('ernie'));
    const [plain, naming] = [await open(false), await open(true)];
    const good = plain.encode('好')[1]!;
    expect(naming.maskText).toBe('[MASK]');
    expect(naming.encode('好[MASK]好 [SEP]')).toEqual([CLS, good, MASK, good, SEP, SEP]);
    expect(naming.encode('[mask]')).toEqual(plain.encode('[mask]'));
    expect(naming.encode('[MASK]'.repeat(20))).toEqual([CLS, ...new Array<number>(6).fill(MASK), SEP]);
    expect(plain.maskText).toBe(' ');
    expect(plain.encode('[MASK]')).not.toContain(MASK);
  });

  it('reads a vocabulary without ids alike', async () => {
    const [withIds, without] = await Promise.all(
      ['ernie', 'bert'].map((folder) => loadTokenizer(descriptor, tokenizerFixture(folder))),
    );
    expect(without?.vocabularySize).toBe(withIds?.vocabularySize);
    expect(without?.encode('酒店的房间 wifi')).toEqual(withIds?.encode('酒店的房间 wifi'));
  });

  it('takes a lone surrogate for a character that it drops', async () => {
    const tokenizer = await loadTokenizer(descriptor, tokenizerFixture('ernie'));
    expect(tokenizer.encode('好\uD800好')).toEqual(tokenizer.encode('好好'));
  });

  it('reads no more of a text than its ids can come from', async () => {
    const tokenizer = await loadTokenizer(descriptor, tokenizerFixture('ernie'));
    expect(tokenizer.encode('好'.repeat(1e6))).toHaveLength(512);
    expect(tokenizer.encode('a'.repeat(1e6))).toHaveLength(3);
  });

  it('gives ids of the vocabulary between its special tokens, whatever the text and the limit', async () => {
    const whole = await loadTokenizer({ ...descriptor, maxTokens: 4096 }, tokenizerFixture('ernie'));
    const limits = [2, 3, 7, 16];
    const tokenizers = await Promise.all(
      limits.map((maxTokens) => loadTokenizer({ ...descriptor, maxTokens }, tokenizerFixture('ernie'))),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(3), (text, index) => {
        const [all, ids, limit] = [whole.encode(text), tokenizers[index]!.encode(text), limits[index]!];
        expect(ids).toEqual(all.length <= limit ? all : [...all.slice(0, limit - 1), SEP]);
        expect(ids[0]).toBe(CLS);
        expect(ids.every((id) => id >= 0 && id < whole.vocabularySize)).toBe(true);
      }),
    );
  });
});

describe('a vocab.txt', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retort-vocabulary-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = async (content: string) => {
    await writeFile(join(folder, 'vocab.txt'), content);
    return loadTokenizer(descriptor, folder);
  };

  it('may have line ends of Windows, a byte order mark, and a common token twice: the last counts', async () => {
    const tokenizer = await open('\uFEFF[PAD]\r\n[CLS]\r\n[SEP]\r\n[UNK]\r\n$\r\n好\r\n$\r\n');
    expect(tokenizer.encode('$好')).toEqual([1, 6, 5, 2]);
    expect(tokenizer.vocabularySize).toBe(7);
  });

  it.each([
    ['nothing', '', 1],
    ['an empty line', '[PAD]\n\n[CLS]\n', 2],
    ['a special token twice', '[PAD]\n[CLS]\n[SEP]\n[UNK]\n[SEP]\n', 5],
    ['a gap in its ids', '[PAD]\t0\n[CLS]\t1\n[SEP]\t3\n', 3],
    ['ids out of order', '[PAD]\t1\n[CLS]\t0\n', 1],
    ['a line without an id', '[PAD]\t0\n[CLS]\n', 2],
  ])('must not hold %s', async (_, content, line) => {
    await expect(open(content)).rejects.toMatchObject({ code: 'vocabulary_malformed', details: { line } });
  });

  it.each(['[CLS]', '[SEP]', '[UNK]'])('must hold %s', async (token) => {
    const tokens = ['[PAD]', '[CLS]', '[SEP]', '[UNK]', '好'].filter((other) => other !== token);
    await expect(open(tokens.join('\n'))).rejects.toMatchObject({
      code: 'vocabulary_incomplete',
      details: { token },
    });
  });

  it('must be there, and its descriptor must fit', async () => {
    await expect(loadTokenizer({ ...descriptor, vocabularyFile: 'none.txt' }, folder)).rejects.toMatchObject({
      code: 'vocabulary_missing',
    });
    await expect(loadTokenizer({ ...descriptor, maxTokens: 1 }, folder)).rejects.toMatchObject({
      code: 'tokenizer_invalid',
    });
  });
});
