/** `retort train linear`: the yardstick, and a second opinion beside an encoder. */
import type { Command } from 'commander';
import type { TrainRows } from '../../training/data/evaluation-texts.js';
import { type LinearEvent, trainLinear } from '../../training/linear/train-linear.js';
import { addAlsoOption, addColumnOptions, addDataOption, type ColumnOptions } from '../labelled-data.js';
import { decimal, integer } from '../options.js';
import { scoreLine } from '../scoring.js';
import { addTrainRowsOption, commandLine, largest, printNext } from './run.js';

interface Options extends ColumnOptions {
  readonly data: string;
  readonly trainRows: TrainRows;
  readonly out: string;
  readonly also?: readonly string[];
  readonly weight: number;
  readonly longest: number;
  readonly minDocuments: number;
  readonly c: number;
  readonly maxCharacters: number;
  readonly strict?: true;
  readonly json?: true;
}

export function registerLinear(train: Command): void {
  const linear = train
    .command('linear')
    .summary('fit logistic regression on character n-grams: a yardstick in a minute')
    .description(
      'Fits an L2-regularised logistic regression on the TF-IDF weights of character n-grams of the train split, and ' +
        'counts on dev. What it gives is exported and served as the networks are.',
    );
  addAlsoOption(addDataOption(linear).requiredOption('--out <folder>', 'the run folder: what export needs'))
    .option(
      '--weight <n>',
      'how often a row of train counts where one of --also counts once',
      decimal(0, 1000),
      3,
    )
    .option('--longest <n>', 'characters of the longest n-gram', integer(1, 16), 4)
    .option('--min-documents <n>', 'n-grams that fewer texts hold are left out', integer(1, largest), 2)
    .option('--c <number>', 'inverse strength of the regularisation', decimal(1e-6, 1e6), 8)
    .option('--max-characters <n>', 'of a text that are read', integer(1, 100_000), 2048)
    .option('--strict', 'fail at the first row that does not fit')
    .option('--json', 'print one JSON object an event')
    .addHelpText('after', examples)
    .action(run);
  addTrainRowsOption(addColumnOptions(linear), 'all');
}

const examples = `
Examples:
  retort train linear --data ChnSentiCorp.zip --out runs/linear
  retort train linear --data ChnSentiCorp.zip --also reviews.jsonl.gz --weight 3 --out runs/linear
`;

async function run(options: Options, command: Command): Promise<void> {
  const { data, trainRows, out, also = [], weight, longest, minDocuments, maxCharacters, json } = options;
  const { c: inverseRegularization, textColumn, labelColumn, strict } = options;
  await trainLinear({
    data,
    columns: { textColumn, labelColumn },
    trainRows,
    also,
    folder: out,
    settings: { longest, minDocuments, inverseRegularization, maxCharacters, weight },
    strict: strict === true,
    command: commandLine(command),
    onEvent: json === true ? printJson : print,
  });
  if (json !== true) printNext(out, 'linear');
}

function printJson(event: LinearEvent): void {
  if (event.kind !== 'iteration') process.stdout.write(`${JSON.stringify(event)}\n`);
}

function print(event: LinearEvent): void {
  const line = (text: string) =>
    process.stdout.write(`${process.stderr.isTTY ? '\r\u001b[2K' : ''}${text}\n`);
  switch (event.kind) {
    case 'data':
      line(
        `${event.split}: ${String(event.rows)} rows${event.rejected.length > 0 ? `, ${String(event.rejected.length)} left out` : ''}`,
      );
      break;
    case 'also':
      line(
        `${event.file}: ${String(event.rows)} rows, without ${String(event.evaluation)} that stand in dev or test`,
      );
      break;
    case 'tokenizer':
      line(`${String(event.vocabularySize - 1)} n-grams`);
      break;
    case 'iteration':
      if (process.stderr.isTTY)
        process.stderr.write(
          `\r\u001b[2Kiteration ${String(event.iteration)}  objective ${event.objective.toFixed(2)}`,
        );
      break;
    case 'scores':
      for (const score of event.scores) line(scoreLine(score));
  }
}
