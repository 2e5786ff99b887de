/** A student from labelled texts: its vocabulary from train, then training. */
import { loadSegmenter, type SegmenterName } from '../core/text/segmenter.js';
import { normalizeText } from '../core/text/normalize.js';
import { Vocabulary } from '../core/text/vocabulary.js';
import { checkRunFolder, readLabelled, runLabelled, type RunOptions } from './labelled-run.js';
import type { TrainerResult, TrainerSettings } from './trainer.js';

export interface StudentSettings extends TrainerSettings {
  readonly segmenter: SegmenterName;
  readonly maxWords: number;
  /** Words that train holds fewer times become `[UNK]`, which is how `[UNK]` learns its vector. */
  readonly minCount: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly inner: number;
}

const vocabularyFile = 'vocab.txt';

/** @throws RetortError run_exists, checkpoint_missing; of the data, the segmenter, or training */
export async function trainStudent(options: RunOptions<StudentSettings>): Promise<TrainerResult> {
  await checkRunFolder(options);
  const { settings } = options;
  const { maxWords, minCount, embedding, hidden, inner } = settings;
  const data = await readLabelled(options);
  const segmenter = await loadSegmenter(settings.segmenter);
  const vocabulary = Vocabulary.build(
    data.train.examples.map(({ text }) => segmenter.cut(normalizeText(text))),
    { minCount },
  );
  const vocabularySize = vocabulary.words.length;
  return runLabelled(options, data, {
    network: { kind: 'bilstm', config: { vocabularySize, embedding, hidden, inner, classes: 2 } },
    tokenizerDescriptor: {
      kind: 'words',
      segmenter: segmenter.name,
      segmenterVersion: segmenter.version,
      vocabularyFile,
      maxWords,
    },
    tokenizerFiles: new Map([[vocabularyFile, new TextEncoder().encode(vocabulary.serialize())]]),
  });
}
