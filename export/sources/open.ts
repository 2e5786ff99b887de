/** Tells by what a folder holds what it is, and opens it for export. */
import path from 'node:path';
import { MANIFEST_FILE } from '../../core/bundle/read.js';
import { exists } from '../../core/exists.js';
import { runFiles } from '../../models/run-folder.js';
import { bundleSource } from './bundle.js';
import { checkpointSource, type CheckpointSourceOptions } from './checkpoint.js';
import { runSource } from './run.js';
import type { ExportSource } from './source.js';

/**
 * @param folder a training run, a bundle, or a checkpoint
 * @throws RetortError of what it is; run_missing where there is no such folder
 */
export async function openSource(folder: string, options: CheckpointSourceOptions): Promise<ExportSource> {
  const holds = (file: string) => exists(path.join(folder, file));
  if (await holds(MANIFEST_FILE)) return bundleSource(folder);
  if ((await holds(runFiles.run)) || !(await exists(folder))) return runSource(folder);
  return checkpointSource(folder, options);
}
