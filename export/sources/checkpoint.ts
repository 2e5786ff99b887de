/** A checkpoint of a fine-tuned encoder as what is exported, without training. */
import path from 'node:path';
import { fail } from '../../core/errors.js';
import { openTokenizerFolder } from '../../core/text/tokenizer-folder.js';
import { openCheckpoint } from '../../models/checkpoints/open.js';
import { mostTokens } from '../../models/encoder-config.js';
import type { ExportSource } from './source.js';

export interface CheckpointSourceOptions {
  /** Of a text that are read; no more than the encoder has positions. */
  readonly maxTokens: number;
  readonly texts: readonly string[];
  /** What was typed, for the lineage. */
  readonly command: string;
}

const classes = 2;

/** @throws RetortError of the checkpoint and the tokenizer; checkpoint_classifier_missing, export_classes_wrong */
export async function checkpointSource(
  folder: string,
  { maxTokens: wanted, texts, command }: CheckpointSourceOptions,
): Promise<ExportSource> {
  const checkpoint = await openCheckpoint(folder);
  try {
    const { config, missing } = checkpoint;
    if (missing.length > 0) throw fail('checkpoint_classifier_missing', { path: folder });
    if (config.classes !== classes)
      throw fail('export_classes_wrong', { path: folder, classes: config.classes });
    const maxTokens = Math.min(wanted, mostTokens(config));
    const { tokenizer, descriptor, files } = await openTokenizerFolder(folder, maxTokens);
    if (tokenizer.vocabularySize > config.vocabularySize)
      throw fail('vocabulary_mismatch', {
        path: folder,
        tokenizer: tokenizer.vocabularySize,
        embedding: config.vocabularySize,
      });
    return {
      network: { kind: 'ernie', config: { ...config } },
      parameters: await checkpoint.readParameters(),
      tokenizer: descriptor,
      tokenizerFiles: files,
      tokenizerFolder: folder,
      texts,
      accuracy: [],
      calibration: null,
      lineage: {
        command,
        seed: null,
        base: { name: path.basename(path.resolve(folder)), sha256: await checkpoint.sha256() },
        teacher: null,
        data: [],
        settings: { maxTokens },
      },
    };
  } finally {
    await checkpoint.close();
  }
}
