/** Labelled texts on a command line: which files, how their columns are named, and what is measured on. */
import type { Command } from 'commander';
import type { Rejected } from '../training/data/dataset.js';
import { evaluationSplits, type EvaluationSplit } from '../training/data/labelled.js';
import { collect } from './options.js';

/** As commander gives them. */
export interface ColumnOptions {
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
}

export function addColumnOptions(command: Command): Command {
  return command
    .option('--text-column <name>', 'the column that holds the text (default: text_a, text, review ...)')
    .option('--label-column <name>', 'the column that holds the label (default: label, labels, sentiment)');
}

/** Adds the option for the texts of train and dev. */
export function addDataOption(command: Command): Command {
  return command.requiredOption(
    '--data <file>',
    'a .zip or folder with train and dev, as `retort data chnsenticorp` fetches it',
  );
}

/** Adds the option for texts beside those of --data. */
export function addAlsoOption(command: Command): Command {
  return command.option(
    '--also <file>',
    'more labelled texts, without those that stand in dev or test (repeatable)',
    collect,
  );
}

/** What accuracy on dev is stated on; nothing without a file. @throws RetortError of the data */
export async function devSplits(
  data: string | undefined,
  { textColumn, labelColumn }: ColumnOptions,
): Promise<readonly EvaluationSplit[]> {
  if (data === undefined) return [];
  const { splits, rejected } = await evaluationSplits(data, { split: 'dev', textColumn, labelColumn });
  tellRejected('dev', rejected);
  return splits;
}

/** On standard error, so that no row is missing from a figure unsaid. */
export function tellRejected(split: string, [first, ...more]: readonly Rejected[]): void {
  if (first === undefined) return;
  const { line, reason } = first;
  process.stderr.write(
    `${split}: not counted, as they do not fit: ${String(1 + more.length)}, from line ${String(line)} on: ${reason}\n`,
  );
}
