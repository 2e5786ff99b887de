import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RetortError } from '../../../core/errors.js';
import { readPickledWords } from '../../../core/text/sentencepiece/pickled-words.js';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type GoldenText, readGoldens, tokenizerFixture } from './golden-texts.js';

const descriptor = { kind: 'sentencepiece', modelFile: 'spiece.model', maxTokens: 512 };
const ernieTiny = {
  kind: 'sentencepiece',
  modelFile: 'spm_cased_simp_sampled.model',
  vocabularyFile: 'vocab.txt',
  maxTokens: 512,
  lowerCase: true,
  words: { dictionaryFile: 'dict.wordseg.pickle' },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-sentencepiece-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Piece = readonly [text: string, score: number, type: number];

/** A model that leaves characters as they are. @param trainer fields that are true */
async function written(pieces: readonly Piece[], trainer: readonly number[] = []): Promise<string> {
  const message = (write: (writer: BinaryWriter) => void) => {
    const writer = new BinaryWriter();
    write(writer);
    return writer.finish();
  };
  const field = (writer: BinaryWriter, number: number, bytes: Uint8Array) =>
    writer.tag(number, WireType.LengthDelimited).bytes(bytes);
  const bytes = message((model) => {
    for (const [text, score, type] of pieces) {
      const piece = message((writer) => {
        writer.tag(1, WireType.LengthDelimited).string(text);
        writer.tag(2, WireType.Bit32).float(score);
        writer.tag(3, WireType.Varint).int32(type);
      });
      field(model, 1, piece);
    }
    const spec = message((writer) => {
      writer.tag(3, WireType.Varint).int32(1);
      for (const number of trainer) writer.tag(number, WireType.Varint).bool(true);
    });
    field(model, 2, spec);
  });
  const place = await mkdtemp(join(folder, 'written-'));
  await writeFile(join(place, 'spiece.model'), bytes);
  return place;
}

const few: readonly Piece[] = [
  ['<unk>', 0, 2],
  ['<s>', 0, 3],
  ['</s>', 0, 3],
  ['\u2581', -2, 1],
  ['c', -2, 1],
  ['b', -2, 1],
  ['ca', -2.5, 1],
  ['ab', 0, 4],
];

// The ids are SentencePiece 0.2.3's, of models of the same bytes.
describe('what a SentencePiece model says of itself', () => {
  const ids = async (text: string, ...model: Parameters<typeof written>) =>
    (await loadTokenizer(descriptor, await written(...model))).encode(text).slice(1, -1);

  it('user-defined pieces win over likelier splits', async () => {
    expect(await ids('cab', few)).toEqual([3, 4, 7]);
  });

  it('marks of blanks go at the end alone', async () => {
    for (const [text, expected] of [
      ['b▁▁', [3, 5]],
      ['▁b', [3, 3, 5]],
      ['▁▁', []],
      [' ▁ b ▁ ', [3, 3, 3, 5]],
    ] as const) {
      expect(await ids(text, few)).toEqual(expected);
    }
  });

  it('bytes stand for a character that no piece holds', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte): Piece => {
      return [`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6];
    });
    const model = [[...few, ...bytes], [35]] as const;
    expect(await ids('龘b龘龘', ...model)).toEqual([3, 241, 198, 160, 5, 241, 198, 160, 241, 198, 160]);
    expect(await ids('<0xE9>b', ...model)).toEqual([3, 68, 56, 128, 77, 65, 70, 5]);
    expect(await ids('é', ...model)).toEqual([3, 203, 177]);
  });

  it('blanks behind words are refused', async () => {
    await expect(ids('b', few, [24])).rejects.toMatchObject({
      code: 'tokenizer_malformed',
      message: expect.stringContaining('treat_whitespace_as_suffix'),
    });
  });
});

describe('a SentencePiece model', () => {
  it('gives SentencePiece\u2019s own ids between <s> and </s>', async () => {
    const cases = readGoldens('spm.json') as GoldenText[];
    const tokenizer = await loadTokenizer(descriptor, tokenizerFixture('spm'));
    expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
  });

  it('gives ids of the vocabulary between its special tokens, whatever the text and the limit', async () => {
    const whole = await loadTokenizer({ ...descriptor, maxTokens: 4096 }, tokenizerFixture('spm'));
    const short = await loadTokenizer({ ...descriptor, maxTokens: 7 }, tokenizerFixture('spm'));
    const [first, last] = whole.encode('');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const [all, ids] = [whole.encode(text), short.encode(text)];
        expect(ids).toEqual(all.length <= 7 ? all : [...all.slice(0, 6), last]);
        expect(ids[0]).toBe(first);
        expect(ids.every((id) => id >= 0 && id < whole.vocabularySize)).toBe(true);
      }),
    );
  });

  it('must hold the pieces of a Unigram model', async () => {
    // The second says that its type, field 3 of field 2, is 2: BPE.
    for (const bytes of [[], [0x12, 2, 0x18, 2]]) {
      await writeFile(join(folder, 'spiece.model'), Uint8Array.from(bytes));
      await expect(loadTokenizer(descriptor, folder)).rejects.toMatchObject({ code: 'tokenizer_malformed' });
    }
  });

  it('with a bit flipped is refused by a code, or still gives ids', async () => {
    const bytes = await readFile(tokenizerFixture('spm/spiece.model'));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[at]! ^= 1 << bit;
        await writeFile(join(folder, 'spiece.model'), flipped);
        try {
          const tokenizer = await loadTokenizer(descriptor, folder);
          const ids = tokenizer.encode('房间 ＡＢＣ，ﬁne ½');
          expect(ids.every((id) => id < tokenizer.vocabularySize)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RetortError);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('ERNIE-Tiny\u2019s tokenizer', () => {
  it('cuts words before SentencePiece and takes ids from its vocab.txt', async () => {
    const cases = readGoldens('ernie-tiny.json') as GoldenText[];
    const tokenizer = await loadTokenizer(ernieTiny, tokenizerFixture('ernie-tiny'));
    expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
    expect(tokenizer.warnings).toEqual([]);
  });

  it('cuts by a segmenter where its dictionary is missing, and says so', async () => {
    const words = { segmenter: 'node-rs-jieba' };
    const tokenizer = await loadTokenizer({ ...ernieTiny, words }, tokenizerFixture('ernie-tiny'));
    expect(tokenizer.encode('酒店').slice(1, -1)).not.toHaveLength(0);
    expect(tokenizer.warnings).toHaveLength(1);
  });

  it('refuses a dictionary that is none', async () => {
    for (const name of ['vocab.txt', ernieTiny.modelFile]) {
      await copyFile(tokenizerFixture(`ernie-tiny/${name}`), join(folder, name));
    }
    for (const bytes of [[], [0x80, 2, 0x63], [0x58, 9, 0, 0, 0, 65]]) {
      await writeFile(join(folder, 'dict.wordseg.pickle'), Uint8Array.from(bytes));
      await expect(loadTokenizer(ernieTiny, folder)).rejects.toMatchObject({ code: 'tokenizer_malformed' });
    }
  });
});

describe('a pickled dictionary', () => {
  it.each(readGoldens('pickled-words.json') as { pickle: string; words: string[] }[])(
    'of any protocol gives its words: $pickle',
    ({ pickle, words }) => {
      expect(readPickledWords(Buffer.from(pickle, 'base64'))).toEqual(new Set(words));
    },
  );
});
