/** `retort prune`: a model without what it does not need. */
import type { Command } from 'commander';
import { register as registerHeads } from './prune/heads.js';
import { register as registerVocabulary } from './prune/vocabulary.js';

export function register(program: Command): void {
  const prune = program
    .command('prune')
    .summary('a model without the rows of its vocabulary that no text uses, or without attention heads')
    .description('Steps that make a bundle smaller, each measured by itself.');
  registerVocabulary(prune);
  registerHeads(prune);
}
