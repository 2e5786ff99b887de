/** Labelled examples, and the splits that accuracy is measured on. */
import path from 'node:path';
import { fail } from '../../core/errors.js';
import {
  type Dataset,
  type DatasetOptions,
  type Example,
  openDataset,
  openSplit,
  type Rejected,
} from './dataset.js';
import { withoutTrainDuplicates } from './deduplicate.js';

export type LabelledExample = Example & { readonly label: 0 | 1 };

export interface LabelledDataset extends Dataset {
  /** At least one. */
  readonly examples: readonly LabelledExample[];
}

/** @throws RetortError of openDataset; data_without_labels */
export async function openLabelled(file: string, options: DatasetOptions): Promise<LabelledDataset> {
  const dataset = await openDataset(file, options);
  const examples = dataset.examples.filter((example): example is LabelledExample => example.label !== null);
  if (examples.length === 0)
    throw fail('data_without_labels', { path: file, split: options.split ?? 'train' });
  return { ...dataset, examples };
}

/** What accuracy is stated on. */
export interface EvaluationSplit {
  readonly name: string;
  readonly examples: readonly LabelledExample[];
}

export interface EvaluationData {
  readonly splits: readonly EvaluationSplit[];
  /** Rows of the split that do not fit: no figure counts them. */
  readonly rejected: readonly Rejected[];
}

/** A split of a data set as it stands, and where the data set has a train split, without the rows that also stand there. */
export async function evaluationSplits(
  file: string,
  { split, ...options }: DatasetOptions & { readonly split: 'train' | 'dev' | 'test' },
): Promise<EvaluationData> {
  const { examples, rejected, sha256 } = await openLabelled(file, { ...options, split });
  const train = await openSplit(file, { ...options, labelColumn: null, strict: false, split: 'train' });
  const splitsOf = (): readonly EvaluationSplit[] => {
    if (split === 'train' || train === null) return [{ name: split, examples }];
    // A single file gives its rows for every split.
    if (train.sha256 === sha256) return [{ name: path.basename(file), examples }];
    return bothSplits(split, examples, train.examples);
  };
  return { splits: splitsOf(), rejected };
}

/** The split itself, and what of it does not also stand in train: some public data sets repeat themselves. */
export function bothSplits(
  split: string,
  examples: readonly LabelledExample[],
  train: readonly Example[],
): [EvaluationSplit, EvaluationSplit] {
  return [
    { name: split, examples },
    {
      name: `${split} without the rows that also stand in train`,
      examples: withoutTrainDuplicates(examples, train),
    },
  ];
}
