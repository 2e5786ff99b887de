/** Word segmentation: text in, words out. Implementations are listed here; a bundle names its own. */
import type { SegmenterPackage, TaggedWord } from './segmenters/package.js';
import { openNodeRsJieba } from './segmenters/node-rs-jieba.js';
import { openNodejieba } from './segmenters/nodejieba.js';

export interface Segmenter {
  readonly name: SegmenterName;
  /** Of the package, which carries its dictionary. */
  readonly version: string;
  /** The words of a normalised text, in order, without those that are white space alone. */
  cut(text: string): string[];
  /** The same words with their parts of speech, or nearly: a package may cut otherwise where it tags. */
  tag(text: string): TaggedWord[];
}

const segmenters = {
  'node-rs-jieba': openNodeRsJieba,
  nodejieba: openNodejieba,
} as const satisfies Record<string, () => Promise<SegmenterPackage>>;

export type SegmenterName = keyof typeof segmenters;

export const segmenterNames = Object.keys(segmenters) as [SegmenterName, ...SegmenterName[]];

/** @throws RetortError segmenter_missing where its package is not installed */
export async function loadSegmenter(name: SegmenterName): Promise<Segmenter> {
  const segmenter = await segmenters[name]();
  return {
    name,
    version: segmenter.version,
    cut: (text) => segmenter.cut(text).filter((word) => word.trim() !== ''),
    tag: (text) => segmenter.tag(text).filter(({ word }) => word.trim() !== ''),
  };
}
