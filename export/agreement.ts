/** How often what is served gives its teacher's label: what a shadow's agreement is held against later. */
import type { Manifest } from '../core/bundle/manifest.js';
import { argmax } from '../core/probabilities.js';
import type { LabelledSplit, Measured } from './measure.js';

export interface AgreementTeacher {
  readonly name: string;
  readonly version: string;
  label(texts: readonly string[]): Promise<readonly { readonly logits: readonly number[] }[]>;
}

/** Texts that the teacher is asked about together. */
const batchSize = 64;

/** @param predictions of the split's examples, in their order */
export async function agreementOn(
  { name: data, examples }: LabelledSplit,
  predictions: Measured['predictions'],
  teacher: AgreementTeacher,
): Promise<NonNullable<Manifest['agreement']>> {
  let agreed = 0;
  for (let start = 0; start < examples.length; start += batchSize) {
    const texts = examples.slice(start, start + batchSize).map(({ text }) => text);
    const labelled = await teacher.label(texts);
    labelled.forEach(({ logits }, index) => {
      if (argmax(logits) === argmax(predictions[start + index]?.logits ?? [])) agreed += 1;
    });
  }
  const rows = examples.length;
  return { teacher: `${teacher.name}/${teacher.version}`, data, rows, rate: rows === 0 ? 0 : agreed / rows };
}
