/** The visible list of commands. */
import '../core/engines/no-telemetry.js';
import type { Command } from 'commander';

interface CommandModule {
  register(program: Command): void;
}

/**
 * In the order `--help` prints them. Only the one that is asked for is loaded: a server keeps no load generator in
 * memory.
 */
export const commands: ReadonlyMap<string, () => Promise<CommandModule>> = new Map([
  ['serve', () => import('./serve.js')],
  ['predict', () => import('./predict.js')],
  ['score', () => import('./score.js')],
  ['merge', () => import('./merge.js')],
  ['data', () => import('./data.js')],
  ['train', () => import('./train.js')],
  ['label', () => import('./label.js')],
  ['distill', () => import('./distill.js')],
  ['report', () => import('./report.js')],
  ['export', () => import('./export.js')],
  ['optimize', () => import('./optimize.js')],
  ['quantize', () => import('./quantize.js')],
  ['prune', () => import('./prune.js')],
  ['import', () => import('./import.js')],
  ['evaluate', () => import('./evaluate.js')],
  ['inspect', () => import('./inspect.js')],
  ['tokenize', () => import('./tokenize.js')],
  ['compare', () => import('./compare.js')],
  ['loadtest', () => import('./loadtest.js')],
  ['plan', () => import('./plan.js')],
  ['bench', () => import('./bench.js')],
]);
