/** `retort data hold-out`: rows of one labelled file set aside to measure on. */
import path from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../core/make-folder.js';
import { writeWhole } from '../core/write-whole.js';
import { holdOut } from '../training/data/hold-out.js';
import { type LabelledExample, openLabelled } from '../training/data/labelled.js';
import { addColumnOptions, type ColumnOptions } from './labelled-data.js';
import { integer } from './options.js';

interface Options extends ColumnOptions {
  readonly rows: number;
  readonly seed: number;
  readonly out: string;
  readonly strict?: true;
}

export function registerHoldOut(data: Command): void {
  const command = data
    .command('hold-out')
    .argument('<file>', 'labelled texts: a .tsv, .csv or .jsonl, each also .gz')
    .summary('rows of one file set aside to measure on')
    .description(
      'Draws rows of the file as dev.jsonl and writes the others, without those whose text stands in dev too, as ' +
        'train.jsonl: a folder that training, labelling and `retort report accuracy --evaluate` read.',
    )
    .option('--rows <n>', 'that are set aside', integer(1, 10_000_000), 3000)
    .option('--seed <n>', 'of the draw', integer(0, 2 ** 31 - 1), 1)
    .requiredOption('--out <folder>', 'where the two files go')
    .option('--strict', 'fail at the first row that does not fit')
    .addHelpText('after', '\nExample:\n  retort data hold-out reviews.jsonl.gz --rows 3000 --out reviews\n')
    .action(run);
  addColumnOptions(command);
}

async function run(
  file: string,
  { rows, seed, out, textColumn, labelColumn, strict }: Options,
  command: Command,
): Promise<void> {
  const { examples, rejected } = await openLabelled(file, {
    textColumn,
    labelColumn,
    strict: strict === true,
  });
  if (rows >= examples.length)
    command.error(`error: ${file} has ${String(examples.length)} labelled rows, so fewer can be set aside`);
  const { train, dev, leftOut } = holdOut(examples, rows, seed);
  await makeFolder(out);
  await writeWhole(path.join(out, 'dev.jsonl'), lines(dev));
  await writeWhole(path.join(out, 'train.jsonl'), lines(train));
  process.stdout.write(
    `${out}: dev.jsonl ${String(dev.length)} rows, train.jsonl ${String(train.length)}` +
      (leftOut > 0 ? `; left out of train: ${String(leftOut)} that stand in dev` : '') +
      `${rejected.length > 0 ? `; ${String(rejected.length)} do not fit` : ''}\n`,
  );
}

function lines(examples: readonly LabelledExample[]): string {
  return examples.map(({ text, label }) => `${JSON.stringify({ label, text })}\n`).join('');
}
