/** From labelled texts to a trained student's run folder: vocabulary, encoding, training, scores. */
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { normalizeText } from '../core/text/normalize.js';
import { loadSegmenter, type SegmenterName } from '../core/text/segmenter.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import { Vocabulary } from '../core/text/vocabulary.js';
import { fail } from '../core/errors.js';
import type { Run } from '../models/run-folder.js';
import { runFiles } from '../models/run-folder.js';
import { networkOf } from '../models/networks.js';
import type { EncodedExample } from './batching.js';
import { openDataset, type Dataset, type DatasetOptions, type Example } from './data/dataset.js';
import { withoutTrainDuplicates } from './data/deduplicate.js';
import { runTraining, type TrainerEvent, type TrainerResult, type TrainerSettings } from './trainer.js';

export interface StudentSettings extends TrainerSettings {
  readonly segmenter: SegmenterName;
  readonly maxWords: number;
  /** Words that train holds fewer times become `[UNK]`, which is how `[UNK]` learns its vector. */
  readonly minCount: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly inner: number;
}

export interface TrainStudentOptions {
  /** A folder or archive that `openDataset` reads, with the splits train and dev. */
  readonly data: string;
  readonly folder: string;
  readonly settings: StudentSettings;
  /** Where the data names its columns otherwise than public data sets do. */
  readonly columns?: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  readonly strict: boolean;
  readonly resume: boolean;
  /** What was typed, for the lineage. */
  readonly command: string;
  readonly onEvent: (event: StudentEvent) => void;
  readonly signal?: AbortSignal;
}

export type StudentEvent =
  | TrainerEvent
  | {
      readonly kind: 'data';
      readonly split: string;
      readonly rows: number;
      readonly rejected: Dataset['rejected'];
    }
  | { readonly kind: 'vocabulary'; readonly words: number; readonly segmenter: string };

const vocabularyFile = 'vocab.txt';
const validationRows = 200;

/** @throws RetortError of the data, the segmenter, or training; run_exists when the folder holds a run */
export async function trainStudent(options: TrainStudentOptions): Promise<TrainerResult> {
  const { folder, settings, onEvent } = options;
  const train = await labelled(options, 'train');
  const dev = await labelled(options, 'dev');
  // One file without splits gives its rows for both.
  if (dev.dataset.sha256 === train.dataset.sha256)
    throw fail('data_split_missing', { path: options.data, split: 'dev', found: 'train alone' });
  await mkdir(folder, { recursive: true });

  const segmenter = await loadSegmenter(settings.segmenter);
  const vocabulary = Vocabulary.build(
    train.examples.map(({ text }) => segmenter.cut(normalizeText(text))),
    { minCount: settings.minCount },
  );
  await writeWhole(path.join(folder, vocabularyFile), vocabulary.serialize());
  const tokenizerDescriptor = {
    kind: 'words',
    segmenter: segmenter.name,
    segmenterVersion: segmenter.version,
    vocabularyFile,
    maxWords: settings.maxWords,
  };
  const tokenizer = await loadTokenizer(tokenizerDescriptor, folder);
  onEvent({
    kind: 'vocabulary',
    words: vocabulary.words.length,
    segmenter: `${segmenter.name} ${segmenter.version}`,
  });

  const encode = ({ text, label }: LabelledExample): EncodedExample => ({
    ids: tokenizer.encode(text),
    targets: label === 1 ? [0, 1] : [1, 0],
    label,
  });
  const { embedding, hidden, inner } = settings;
  const config = { vocabularySize: vocabulary.words.length, embedding, hidden, inner, classes: 2 };
  const network = networkOf('bilstm', config);
  const kept = new Set(withoutTrainDuplicates(dev.examples, train.examples));
  const unseen = new Set(dev.examples.flatMap((example, place) => (kept.has(example) ? [place] : [])));

  const run = (scores: Run['scores']): Run => ({
    format: 1,
    network: { kind: 'bilstm', config },
    tokenizer: tokenizerDescriptor,
    command: options.command,
    seed: settings.seed,
    settings: { ...settings },
    data: [train, dev].map(({ dataset, split, examples }) => ({
      name: `${path.basename(options.data)} ${split}`,
      sha256: dataset.sha256,
      rows: examples.length,
      terms: 'non-commercial research or teaching',
    })),
    scores,
  });
  const writeJson = (file: string, value: unknown) =>
    writeWhole(path.join(folder, file), `${JSON.stringify(value, null, 2)}\n`);
  await writeJson(runFiles.run, run([]));
  await writeJson(
    runFiles.validation,
    dev.examples.slice(0, validationRows).map(({ text }) => text),
  );

  const log: Promise<void>[] = [];
  const result = await runTraining({
    network,
    settings,
    data: { train: train.examples.map(encode), dev: dev.examples.map(encode), unseen },
    folder,
    resume: options.resume,
    onEvent: (event) => {
      onEvent(event);
      if (event.kind !== 'evaluation') return;
      log.push(appendFile(path.join(folder, runFiles.log), `${JSON.stringify(event)}\n`));
      if (!event.best) return;
      const score = (data: string, { rows, correct }: { rows: number; correct: number }) => ({
        data,
        rows,
        correct,
      });
      log.push(
        writeJson(
          runFiles.run,
          run([score('dev', event.all), score('dev without the rows that also stand in train', event.kept)]),
        ),
      );
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  await Promise.all(log);
  return result;
}

type LabelledExample = Example & { readonly label: 0 | 1 };

async function labelled({ data, columns, strict, onEvent }: TrainStudentOptions, split: 'train' | 'dev') {
  const dataset = await openDataset(data, { ...columns, split, strict });
  const examples = dataset.examples.filter((example): example is LabelledExample => example.label !== null);
  onEvent({ kind: 'data', split, rows: examples.length, rejected: dataset.rejected });
  if (examples.length === 0) throw fail('data_without_labels', { path: data, split });
  return { dataset, split, examples };
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
