/** A finished training run as what is exported: its best parameters. */
import path from 'node:path';
import { readRun } from '../../models/run-folder.js';
import { scored } from '../measure.js';
import type { ExportSource } from './source.js';

/** @throws RetortError run_missing, run_malformed, checkpoint_malformed */
export async function runSource(folder: string): Promise<ExportSource> {
  const { run, parameters, validationTexts } = await readRun(folder);
  const { network, tokenizer, command, seed, base, teacher, data, settings } = run;
  return {
    network,
    parameters,
    tokenizer,
    tokenizerFiles: run.tokenizerFiles.map((file) => path.join(folder, file)),
    tokenizerFolder: folder,
    texts: validationTexts,
    accuracy: run.scores.map(scored),
    calibration: null,
    lineage: { command, seed, base, teacher, data, settings },
  };
}
