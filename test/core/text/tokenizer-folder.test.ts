import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openTokenizerFolder } from '../../../core/text/tokenizer-folder.js';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { tokenizerFixture } from './golden-texts.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-checkpoint-'));
  await copyFile(tokenizerFixture('ernie/vocab.txt'), join(folder, 'vocab.txt'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the tokenizer of a checkpoint', () => {
  it.each([
    ['ernie', 'wordpiece', ['vocab.txt']],
    ['bert/vocab.txt', 'wordpiece', ['vocab.txt']],
    ['unigram', 'tokenizer-json', ['tokenizer.json']],
    ['bert-json/tokenizer.json', 'tokenizer-json', ['tokenizer.json']],
    ['spm', 'sentencepiece', ['spiece.model']],
    ['ernie-tiny', 'sentencepiece', ['spm_cased_simp_sampled.model', 'vocab.txt', 'dict.wordseg.pickle']],
  ])('in %s is found, and a bundle of its files opens alike', async (name, kind, files) => {
    const found = await openTokenizerFolder(tokenizerFixture(name), 16);
    expect(found.descriptor).toMatchObject({ kind, maxTokens: 16 });
    expect(found.files.map((file) => basename(file))).toEqual(files);
    const bundle = await mkdtemp(join(tmpdir(), 'retort-bundle-'));
    for (const file of found.files) await copyFile(file, join(bundle, basename(file)));
    const copied = await loadTokenizer(JSON.parse(JSON.stringify(found.descriptor)), bundle);
    const text = '酒店的房间很干净，早餐也不错，Hello WORLD 下次还会再来。';
    expect(copied.encode(text)).toEqual(found.tokenizer.encode(text));
    expect(copied.vocabularySize).toBe(found.tokenizer.vocabularySize);
    await rm(bundle, { recursive: true });
  });

  it('lets a text name the mask of a vocab.txt', async () => {
    const { tokenizer } = await openTokenizerFolder(tokenizerFixture('bert'), 16);
    expect(tokenizer.encode(tokenizer.maskText)).toHaveLength(3);
    expect(tokenizer.maskText).toBe('[MASK]');
  });

  it('is cased where tokenizer_config.json says so', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), '{"do_lower_case": false, "strip_accents": true}');
    expect((await openTokenizerFolder(folder, 16)).descriptor).toMatchObject({
      lowerCase: false,
      stripAccents: true,
      chineseCharacters: true,
    });
    await writeFile(join(folder, 'tokenizer_config.json'), '{"do_lower_case": "no"}');
    await expect(openTokenizerFolder(folder, 16)).rejects.toMatchObject({ code: 'tokenizer_malformed' });
  });

  it('must be there, and one of those that are known', async () => {
    await expect(openTokenizerFolder(join(folder, 'none'), 16)).rejects.toMatchObject({
      code: 'tokenizer_missing',
    });
    await expect(openTokenizerFolder(tokenizerFixture('.'), 16)).rejects.toMatchObject({
      code: 'tokenizer_missing',
    });
  });

  it('is not taken from a model whose ids stand elsewhere', async () => {
    const family = await mkdtemp(join(tmpdir(), 'retort-checkpoint-'));
    await copyFile(tokenizerFixture('spm/spiece.model'), join(family, 'sentencepiece.bpe.model'));
    await expect(openTokenizerFolder(family, 16)).rejects.toMatchObject({ code: 'tokenizer_malformed' });
    await rm(family, { recursive: true });
  });
});
