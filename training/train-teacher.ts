/** A teacher from labelled texts: a pretrained encoder, fine-tuned with a classifier of two classes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openTokenizerFolder } from '../core/text/tokenizer-folder.js';
import { fail } from '../core/errors.js';
import type { EncoderPreset } from '../models/encoder-presets.js';
import { openCheckpoint } from '../models/checkpoints/open.js';
import { mostTokens } from '../models/encoder-config.js';
import { checkRunFolder, readLabelled, runLabelled, type RunOptions } from './labelled-run.js';
import type { TrainerResult } from './trainer.js';
import type { TrainerSettings } from './training-state.js';

export interface TeacherSettings extends TrainerSettings {
  readonly maxTokens: number;
}

export interface TeacherOptions extends RunOptions<TeacherSettings> {
  /** The folder of the pretrained encoder: configuration, weights, tokenizer. */
  readonly checkpoint: string;
  /** The shape of a folder without a configuration. */
  readonly preset: EncoderPreset | null;
}

const classes = 2;

/** @throws RetortError run_exists, run_without_checkpoint; of the checkpoint, the tokenizer, the data, or training; vocabulary_mismatch */
export async function trainTeacher(options: TeacherOptions): Promise<TrainerResult> {
  await checkRunFolder(options);
  const checkpoint = await openCheckpoint(options.checkpoint, options.preset);
  try {
    const { vocabularySize } = checkpoint.config;
    const maxTokens = Math.min(options.settings.maxTokens, mostTokens(checkpoint.config));
    const { tokenizer, descriptor, files } = await openTokenizerFolder(options.checkpoint, maxTokens);
    if (tokenizer.vocabularySize > vocabularySize) {
      throw fail('vocabulary_mismatch', {
        path: options.checkpoint,
        tokenizer: tokenizer.vocabularySize,
        embedding: vocabularySize,
      });
    }
    const data = await readLabelled(options);
    const tensors = await checkpoint.readParameters();
    if (checkpoint.config.classes !== classes)
      for (const name of ['classifier.weight', 'classifier.bias']) tensors.delete(name);
    const read = async (file: string): Promise<[string, Uint8Array]> => [
      path.basename(file),
      await readFile(file),
    ];
    return await runLabelled(options, data, {
      network: { kind: 'ernie', config: { ...checkpoint.config, classes } },
      tokenizerDescriptor: descriptor,
      tokenizerFiles: new Map(await Promise.all(files.map(read))),
      initial: {
        name: path.basename(path.resolve(options.checkpoint)),
        tensors,
        sha256: await checkpoint.sha256(),
      },
    });
  } finally {
    await checkpoint.close();
  }
}
