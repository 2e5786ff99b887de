/** Public data sets that `retort data` fetches; an entry more is all that another one needs. */

export interface PublicDataset {
  /** As it is named on the command line. */
  readonly name: string;
  readonly description: string;
  /** Names the file too: what follows the last slash. */
  readonly url: string;
  /** Of the whole file, in hexadecimal. */
  readonly md5: string;
  readonly terms: string;
}

export const catalog: readonly PublicDataset[] = [
  {
    name: 'chnsenticorp',
    description: 'ChnSentiCorp: Chinese reviews of hotels, books and computers, positive or negative',
    url: 'https://bj.bcebos.com/paddlenlp/datasets/ChnSentiCorp.zip',
    md5: '7ef61b08ad10fbddf2ba97613f071561',
    terms: 'non-commercial research or teaching only',
  },
];
