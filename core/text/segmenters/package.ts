/** What a segmenter's package gives; one file a package beside this one. */
export interface SegmenterPackage {
  readonly version: string;
  readonly cut: (text: string) => string[];
  readonly tag: (text: string) => TaggedWord[];
}

export interface TaggedWord {
  readonly word: string;
  /** Its part of speech, in ICTCLAS's letters. */
  readonly tag: string;
}
