import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RetortError } from '../../../core/errors.js';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { type GoldenText, readGoldens, tokenizerFixture } from './golden-texts.js';

const descriptor = { kind: 'tokenizer-json', file: 'tokenizer.json', maxTokens: 512 };
const fixtures = ['bert-json', 'unigram', 'unigram-words', 'unigram-bytes'];

describe.each(fixtures)('the tokenizer.json of %s', (name) => {
  it('gives the Rust library\u2019s ids', async () => {
    const cases = readGoldens(`${name}.json`) as GoldenText[];
    const tokenizer = await loadTokenizer(descriptor, tokenizerFixture(name));
    expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
  });

  it('reads no more of a text than its ids can come from', async () => {
    const tokenizer = await loadTokenizer({ ...descriptor, maxTokens: 64 }, tokenizerFixture(name));
    for (const unit of ['好', '!', 'a', ' ', '\uD800']) {
      expect(tokenizer.encode(unit.repeat(1e6)).length).toBeLessThanOrEqual(64);
    }
  });

  it('gives ids of the vocabulary between its special tokens, whatever the text and the limit', async () => {
    const whole = await loadTokenizer({ ...descriptor, maxTokens: 4096 }, tokenizerFixture(name));
    const limits = [2, 3, 7, 16];
    const tokenizers = await Promise.all(
      limits.map((maxTokens) => loadTokenizer({ ...descriptor, maxTokens }, tokenizerFixture(name))),
    );
    const [first, last] = whole.encode('');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(3), (text, index) => {
        const [all, ids, limit] = [whole.encode(text), tokenizers[index]!.encode(text), limits[index]!];
        expect(ids).toEqual(all.length <= limit ? all : [...all.slice(0, limit - 1), last]);
        expect(ids[0]).toBe(first);
        expect(ids.every((id) => id >= 0 && id < whole.vocabularySize)).toBe(true);
      }),
    );
  });
});

describe('a tokenizer.json that cannot be used', () => {
  let folder: string;
  let unigram: Record<string, unknown> & { model: { vocab: unknown[]; unk_id: number } };
  let wordPiece: Record<string, unknown> & { model: { vocab: Record<string, number> } };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retort-tokenizer-'));
    unigram = JSON.parse(
      await readFile(tokenizerFixture('unigram/tokenizer.json'), 'utf8'),
    ) as typeof unigram;
    wordPiece = JSON.parse(
      await readFile(tokenizerFixture('bert-json/tokenizer.json'), 'utf8'),
    ) as typeof wordPiece;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = async (content: unknown) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, 'tokenizer.json'), text);
    return loadTokenizer(descriptor, folder);
  };
  const malformed = { code: 'tokenizer_malformed' };

  it('is empty, or no tokenizer', async () => {
    await expect(open('')).rejects.toMatchObject(malformed);
    await expect(open('[]')).rejects.toMatchObject(malformed);
    await expect(open({})).rejects.toMatchObject(malformed);
  });

  it('has a part that is not known', async () => {
    await expect(open({ ...unigram, model: { ...unigram.model, type: 'BPE' } })).rejects.toMatchObject(
      malformed,
    );
    for (const part of ['normalizer', 'pre_tokenizer', 'post_processor']) {
      await expect(open({ ...unigram, [part]: { type: 'Unheard' } })).rejects.toMatchObject(malformed);
      await expect(open({ ...wordPiece, [part]: { type: 'Unheard' } })).rejects.toMatchObject(malformed);
    }
    const charsmap = { type: 'Precompiled', precompiled_charsmap: 'AAAAAAAA' };
    await expect(open({ ...unigram, normalizer: charsmap })).rejects.toMatchObject(malformed);
  });

  it('names an id twice, or one that is not there', async () => {
    const vocab = { ...wordPiece.model.vocab, another: 3 };
    await expect(open({ ...wordPiece, model: { ...wordPiece.model, vocab } })).rejects.toMatchObject(
      malformed,
    );
    const added = [{ id: 7, content: '<s>', special: true }];
    await expect(open({ ...unigram, added_tokens: added })).rejects.toMatchObject(malformed);
    const twice = [1, 2].map((more) => ({ id: unigram.model.vocab.length + more, content: '<new>' }));
    await expect(open({ ...unigram, added_tokens: twice })).rejects.toMatchObject(malformed);
    await expect(
      open({ ...unigram, model: { ...unigram.model, unk_id: unigram.model.vocab.length } }),
    ).rejects.toMatchObject(malformed);
    await expect(open({ ...unigram, post_processor: null })).rejects.toMatchObject(malformed);
  });

  it('is missing', async () => {
    await expect(loadTokenizer({ ...descriptor, file: 'none.json' }, folder)).rejects.toMatchObject({
      code: 'tokenizer_missing',
    });
  });

  it('has a bit of it flipped: it is refused by a code, or still gives ids', async () => {
    const bytes = await readFile(tokenizerFixture('unigram-bytes/tokenizer.json'));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[at]! ^= 1 << bit;
        await writeFile(join(folder, 'tokenizer.json'), flipped);
        try {
          const tokenizer = await loadTokenizer(descriptor, folder);
          const ids = tokenizer.encode('好 wifi \u0001很差');
          expect(ids.every((id) => id < tokenizer.vocabularySize)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RetortError);
        }
      }),
      { numRuns: 60 },
    );
  });
});
