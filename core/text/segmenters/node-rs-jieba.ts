/** @node-rs/jieba: jieba-rs, prebuilt for every platform, with Python jieba's dictionary; the HMM is on. */
import { createRequire } from 'node:module';
import { packageVersion } from '../package-version.js';
import type { SegmenterPackage } from './package.js';

const packageName = '@node-rs/jieba';

export async function openNodeRsJieba(): Promise<SegmenterPackage> {
  const { Jieba } = await import('@node-rs/jieba');
  const { dict } = await import('@node-rs/jieba/dict.js');
  const jieba = Jieba.withDict(dict);
  return {
    version: await packageVersion(createRequire(import.meta.url).resolve(packageName)),
    cut: (text) => jieba.cut(text, true),
    tag: (text) => jieba.tag(text, true),
  };
}
