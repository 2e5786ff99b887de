/** What models are measured on, so that training can leave it out: some public data sets repeat dev and test in train. */
import { type Example, openSplit } from './dataset.js';

/** `all`: train as it is given, as published results take it; `unseen`: without what also stands in dev or test. */
export const trainRowChoices = ['all', 'unseen'] as const;
export type TrainRows = (typeof trainRowChoices)[number];

/** Of dev and test, where there are such splits; `train` is the sha256 of train. @throws RetortError of openDataset */
export async function evaluationTexts(
  data: string,
  textColumn: string | undefined,
  train: string,
): Promise<Example[]> {
  const found: (readonly Example[])[] = [];
  for (const split of ['dev', 'test'] as const) {
    const dataset = await openSplit(data, { textColumn, labelColumn: null, split });
    // A single file gives its rows for every split.
    if (dataset !== null && dataset.sha256 !== train) found.push(dataset.examples);
  }
  return found.flat();
}
