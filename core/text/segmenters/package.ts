/** What a segmenter's package gives; one file a package beside this one. */
export interface SegmenterPackage {
  readonly version: string;
  readonly cut: (text: string) => string[];
}
