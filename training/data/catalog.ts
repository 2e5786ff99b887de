/** Public data sets that `retort data` fetches; an entry more is all that another one needs. */

export interface PublicDataset {
  /** As it is named on the command line. */
  readonly name: string;
  readonly description: string;
  /** Names the file too: what follows the last slash. */
  readonly url: string;
  /** Of the whole file, in hexadecimal. */
  readonly md5: string;
  /** Of its splits, unpacked: a file is known by these wherever it lies. */
  readonly splitSha256: readonly string[];
  readonly terms: string;
}

export const catalog: readonly PublicDataset[] = [
  {
    name: 'chnsenticorp',
    description: 'ChnSentiCorp: Chinese reviews of hotels, books and computers, positive or negative',
    url: 'https://bj.bcebos.com/paddlenlp/datasets/ChnSentiCorp.zip',
    md5: '7ef61b08ad10fbddf2ba97613f071561',
    splitSha256: [
      '0b2653c23e5c79f539472e90cb10522f0ada4b80d3da95572d8b48fda47d5b33',
      '83cc6779a1c12517120dab421ca69d22e48ea0fef72d40ea7f0d5c4cff53f603',
      'a771b1b1e60c6d7f112606f740423b2a26f55182b1f86bf17d0a0da75786dcc9',
    ],
    terms: 'non-commercial research or teaching only',
  },
];

/** The terms of a split that a public data set has; null for other data. */
export function termsOf(sha256: string): string | null {
  return catalog.find(({ splitSha256 }) => splitSha256.includes(sha256))?.terms ?? null;
}
