/** `retort label`: teachers' logits for texts, in a file that `retort train student --labels` learns from. */
import path from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../core/make-folder.js';
import { segmenterNames } from '../core/text/segmenter.js';
import { addLabellingOptions, type LabellingOptions, runLabelling } from './labelling.js';
import { addColumnOptions } from './labelled-data.js';
import { integer } from './options.js';
import { addTrainRowsOption, choice, largest, providerOption } from './train/run.js';

export function register(program: Command): void {
  const label = program
    .command('label')
    .summary("teachers' logits for texts: what a student is distilled from")
    .description(
      'Gives every text the logits of a teacher, or the mean of several by weight, and writes them as an Arrow stream. ' +
        'No text is labelled twice, and none that stands in dev or test of --data, unless it is of train and --train-rows is all. The same command goes on after a stop.',
    )
    .option('--data <file>', 'a .zip or folder: its train split; its dev and test are kept out')
    .requiredOption('--out <file>', 'the label file');
  addTrainRowsOption(addColumnOptions(addLabellingOptions(label)), 'unseen')
    .addOption(choice('--segmenter <name>', 'what cuts copies into words', segmenterNames, segmenterNames[0]))
    .option('--seed <n>', 'of the copies', integer(0, largest), 1)
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .addOption(providerOption('what computes the logits'))
    .option('--strict', 'fail at the first row that does not fit')
    .option('--json', 'print one JSON object an event')
    .addHelpText('after', examples)
    .action(async ({ out, ...options }: LabellingOptions & { out: string }, command: Command) => {
      if (options.data === undefined && options.also === undefined && options.texts === undefined)
        command.error('error: give --data, --also or --texts');
      if (options.copies > 0 && options.data === undefined)
        command.error('error: --copies are made of the train split of --data');
      await makeFolder(path.dirname(out));
      await runLabelling(options, out);
    });
}

const examples = `
Examples:
  retort label --data ChnSentiCorp.zip --texts reviews.jsonl.gz --out labels.arrow
  retort label --teacher teacher --teacher runs/repository/linear/1=2 --data ChnSentiCorp.zip --copies 2 --out labels.arrow
`;
