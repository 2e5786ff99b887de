/** `retort evaluate`: a bundle's accuracy on labelled texts. */
import type { Command } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { wilsonInterval } from '../core/statistics.js';
import { Predictor } from '../serving/predictor.js';
import { evaluationSplits } from '../training/data/labelled.js';
import { integer } from './options.js';
import { score } from './scoring.js';
import { bundleFolder, shippedStudent } from './shipped.js';
import { choice } from './train/run.js';

interface Options {
  readonly data: string;
  readonly split: 'train' | 'dev' | 'test';
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly threads: number;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('evaluate')
    .summary('accuracy of a bundle on labelled texts, with its interval')
    .description(
      'Predicts the labelled texts of a split with the bundle as it would be served, and counts. Where the data has a ' +
        'train split, the rows that do not also stand there are counted on their own too.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle', shippedStudent)
    .requiredOption('--data <file>', 'a .tsv, .csv or .jsonl, or a .zip or folder with one a split')
    .addOption(choice('--split <name>', 'what is predicted', ['train', 'dev', 'test'], 'dev'))
    .option('--text-column <name>', 'the column that holds the text (default: text_a, text, review ...)')
    .option('--label-column <name>', 'the column that holds the label (default: label, labels, sentiment)')
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  retort evaluate --data ChnSentiCorp.zip\n  retort evaluate runs/repository/teacher/1 --data ChnSentiCorp.zip --json\n',
    )
    .action(run);
}

async function run(model: string, options: Options): Promise<void> {
  const { data, split, textColumn, labelColumn, threads, json } = options;
  const { manifest, ...bundle } = await openBundle(await bundleFolder(model));
  const splits = await evaluationSplits(data, { split, textColumn, labelColumn });
  const predictor = await Predictor.open({ manifest, ...bundle }, threads);
  const terminal = process.stderr.isTTY;
  const scoring = await score(predictor, splits, (done, rows) => {
    if (terminal) process.stderr.write(`\r\u001b[2K${String(done)}/${String(rows)}`);
  });
  if (terminal) process.stderr.write('\r\u001b[2K');
  await predictor.close();
  const { textsPerSecond } = scoring;
  const scores = scoring.scores.map(({ data: on, rows, correct }) => {
    const interval = wilsonInterval(correct, rows);
    return { data: on, rows, correct, accuracy: correct / rows, interval };
  });
  const { name, version } = manifest;
  const { precision } = predictor;
  if (json === true) {
    const report = { model: name, version, precision, scores, textsPerSecond, threads };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  for (const {
    data: on,
    rows,
    correct: right,
    accuracy,
    interval: [low, high],
  } of scores) {
    process.stdout.write(
      `${on}: ${String(right)} of ${String(rows)}, ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)})\n`,
    );
  }
  process.stdout.write(
    `${name} ${version} ${precision}, ${textsPerSecond.toFixed(0)} texts/s on ${String(threads)} threads\n`,
  );
}
