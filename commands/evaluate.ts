/** `retort evaluate`: a bundle's accuracy on labelled texts. */
import type { Command } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { wilsonInterval } from '../core/statistics.js';
import { Predictor } from '../serving/predictor.js';
import { evaluationSplits } from '../training/data/labelled.js';
import { addColumnOptions, type ColumnOptions, tellRejected } from './labelled-data.js';
import { integer } from './options.js';
import { score, scoreLine } from './scoring.js';
import { bundleFolder, shippedStudent } from './shipped.js';
import { choice } from './train/run.js';

interface Options extends ColumnOptions {
  readonly data: string;
  readonly split: 'train' | 'dev' | 'test';
  readonly threads: number;
  readonly strict?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  const evaluate = program
    .command('evaluate')
    .summary('accuracy of a bundle on labelled texts, with its interval')
    .description(
      'Predicts the labelled texts of a split with the bundle as it would be served, and counts. Where the data has a ' +
        'train split, the rows that do not also stand there are counted on their own too.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle', shippedStudent)
    .requiredOption('--data <file>', 'a .tsv, .csv or .jsonl, or a .zip or folder with one a split')
    .addOption(choice('--split <name>', 'what is predicted', ['train', 'dev', 'test'], 'dev'))
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .option('--strict', 'fail at the first row that does not fit')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  retort evaluate --data ChnSentiCorp.zip\n  retort evaluate runs/repository/teacher/1 --data ChnSentiCorp.zip --json\n',
    )
    .action(run);
  addColumnOptions(evaluate);
}

async function run(model: string, options: Options): Promise<void> {
  const { data, split, textColumn, labelColumn, threads, strict, json } = options;
  const { manifest, ...bundle } = await openBundle(await bundleFolder(model));
  const { splits, rejected } = await evaluationSplits(data, {
    split,
    textColumn,
    labelColumn,
    strict: strict === true,
  });
  const predictor = await Predictor.open({ manifest, ...bundle }, threads);
  const terminal = process.stderr.isTTY;
  const scoring = await score(predictor, splits, (done, rows) => {
    if (terminal) process.stderr.write(`\r\u001b[2K${String(done)}/${String(rows)}`);
  });
  if (terminal) process.stderr.write('\r\u001b[2K');
  await predictor.close();
  const { textsPerSecond } = scoring;
  const scores = scoring.scores.map(({ data: on, rows, correct }) => {
    const measured = rows > 0;
    const interval = measured ? wilsonInterval(correct, rows) : null;
    return { data: on, rows, correct, accuracy: measured ? correct / rows : null, interval };
  });
  const { name, version } = manifest;
  const { precision } = predictor;
  if (json === true) {
    const report = { model: name, version, precision, scores, rejected, textsPerSecond, threads };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  for (const { interval, ...counted } of scores) {
    const reach =
      interval === null ? '' : ` (95 % interval ${percent(interval[0])} to ${percent(interval[1])})`;
    process.stdout.write(`${scoreLine(counted)}${reach}\n`);
  }
  tellRejected(split, rejected);
  process.stdout.write(
    `${name} ${version} ${precision}, ${textsPerSecond.toFixed(0)} texts/s on ${String(threads)} threads\n`,
  );
}
