/** What is labelled: a data set's train split, further texts, and augmented copies; no text twice. */
import path from 'node:path';
import { normalizeText } from '../../core/text/normalize.js';
import type { Segmenter } from '../../core/text/segmenter.js';
import { lexiconOf } from '../augment/parts-of-speech.js';
import { augment, type AugmentationSettings } from '../augment/augmentations.js';
import { type Dataset, type DatasetOptions, openDataset } from '../data/dataset.js';
import { withoutTrainDuplicates } from '../data/deduplicate.js';
import { evaluationTexts, type TrainRows } from '../data/evaluation-texts.js';
import { randomStream } from '../random.js';
import { dataEntry } from '../run-writer.js';
import type { LabelHeader } from './label-file.js';

export interface UnlabelledRow {
  readonly text: string;
  /** Of an augmented copy; null stands for a masked word. */
  readonly words: readonly (string | null)[] | null;
  readonly label: 0 | 1 | null;
  /** Of the data set's train split, itself or a copy. */
  readonly ofTrain: boolean;
}

export interface SourceOptions {
  /** A folder or archive: its train split, with labels where it has them. */
  readonly data: string | null;
  readonly columns: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  readonly trainRows: TrainRows;
  /** Further files, whose labels are read. */
  readonly also: readonly string[];
  /** Further files, whose labels are not read. */
  readonly texts: readonly string[];
  readonly strict: boolean;
  readonly onSource: (source: SourceEvent) => void;
}

export interface SourceEvent {
  readonly kind: 'source';
  readonly name: string;
  readonly rows: number;
  readonly rejected: number;
  /** Left out: they stand in an earlier source too. */
  readonly repeated: number;
  /** Left out: they stand in dev or test. */
  readonly evaluation: number;
}

export interface Sources {
  readonly rows: readonly UnlabelledRow[];
  readonly data: LabelHeader['data'];
}

/** @throws RetortError of openDataset */
export async function readSources({
  data,
  columns,
  trainRows,
  also,
  texts,
  strict,
  onSource,
}: SourceOptions): Promise<Sources> {
  const train = data === null ? null : await openDataset(data, { ...columns, split: 'train', strict });
  const evaluation =
    data === null || train === null ? [] : await evaluationTexts(data, columns.textColumn, train.sha256);
  const seen = new Set<string>();
  const rows: UnlabelledRow[] = [];
  const entries: LabelHeader['data'] = [];
  const add = (name: string, dataset: Dataset, ofTrain: boolean) => {
    const keep = ofTrain && trainRows === 'all';
    const clean = keep ? dataset.examples : withoutTrainDuplicates(dataset.examples, evaluation);
    const fresh = clean.filter(({ text }) => seen.size < seen.add(text).size);
    for (const { text, label } of fresh) rows.push({ text, words: null, label, ofTrain });
    entries.push({ ...dataEntry(name, dataset), rows: fresh.length });
    onSource({
      kind: 'source',
      name,
      rows: fresh.length,
      rejected: dataset.rejected.length,
      repeated: clean.length - fresh.length,
      evaluation: dataset.examples.length - clean.length,
    });
  };
  if (data !== null && train !== null) add(`${path.basename(data)} train`, train, true);
  for (const file of also) add(path.basename(file), await openDataset(file, { ...columns, strict }), false);
  for (const file of texts) {
    const { textColumn } = columns;
    add(path.basename(file), await openDataset(file, { textColumn, labelColumn: null, strict }), false);
  }
  return { rows, data: entries };
}

const noLexicon = { alike: (word: string) => word };

/**
 * Every row; one of the train split is followed by its copies that differ from all before. Each copy has a stream of
 * the seed of its own.
 */
export function withCopies(
  rows: readonly UnlabelledRow[],
  segmenter: Segmenter,
  { copies, ...settings }: AugmentationSettings & { readonly copies: number },
  seed: number,
): UnlabelledRow[] {
  const lexicon =
    settings.swap === 0
      ? noLexicon
      : lexiconOf(
          rows.filter(({ ofTrain }) => ofTrain).map(({ text }) => text),
          segmenter,
        );
  return rows.flatMap((row, index) => {
    if (!row.ofTrain) return [row];
    const words = segmenter.cut(normalizeText(row.text));
    const seen = new Set([words.join('\n')]);
    const found: UnlabelledRow[] = [row];
    for (let copy = 0; copy < copies; copy += 1) {
      const changed = augment(
        words,
        settings,
        randomStream(seed, 'augmentation', index * copies + copy),
        lexicon,
      );
      if (seen.size < seen.add(changed.join('\n')).size) found.push({ ...row, words: changed });
    }
    return found;
  });
}
