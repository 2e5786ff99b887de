/** `retort compare`: the static graph beside eager engines on the same texts and threads. */
import type { Command } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { readTexts } from '../core/text-file.js';
import { batchesOf } from '../serving/comparison/batches.js';
import { compare } from '../serving/comparison/compare.js';
import { enginesNamed, engines } from '../serving/comparison/engines.js';
import { idsOf, networkShape } from '../serving/comparison/network.js';
import { renderComparison } from '../serving/comparison/report.js';
import { integer } from './options.js';
import { bundleFolder } from './shipped.js';

interface CompareOptions {
  readonly texts?: string;
  readonly runs: number;
  readonly threads: number;
  readonly batch: number;
  readonly engines: string;
  readonly seed: number;
  readonly json?: true;
}

/** Largest accepted |difference| of a logit between any engine and the static graph. */
const tolerance = 1e-3;

export function register(program: Command): void {
  program
    .command('compare')
    .summary('compare static with eager execution on the same texts and threads')
    .description(
      'Runs the same texts through the static graph and through engines that compute op by op, in random order, and ' +
        'compares times and logits. Every engine computes in fp32, with the same weights, on the same number of threads.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .option('--texts <file>', 'texts, .txt or .jsonl (default: the texts of the bundle)')
    .option('--runs <n>', 'timed runs of each batch', integer(2, 10_000), 10)
    .option('--threads <n>', 'threads each engine computes on', integer(1, 64), 1)
    .option('--batch <n>', 'texts in a batch', integer(1, 256), 1)
    .option(
      '--engines <names>',
      'comma-separated; static is always there',
      engines.map(({ name }) => name).join(','),
    )
    .option('--seed <n>', 'of the order and of the intervals', integer(0, 2 ** 31 - 1), 1)
    .option('--json', 'print the comparison as JSON')
    .addHelpText('after', help)
    .action(run);
}

const help = `
Engines:
${engines.map(({ name, description }) => `  ${name.padEnd(20)} ${description}`).join('\n')}

Examples:
  retort compare
  retort compare runs/bundles/student/2 --engines ort-eager,tfjs-wasm --texts reviews.txt --runs 30 --json

Exit status: 1 when a logit differs from the static graph's by more than ${tolerance}.`;

async function run(model: string | undefined, options: CompareOptions): Promise<void> {
  const contestants = enginesNamed(options.engines.split(','));
  const bundle = await openBundle(await bundleFolder(model));
  const texts = options.texts === undefined ? null : await readTexts(options.texts);
  const { inputs, classes } = networkShape(bundle);
  const comparison = await compare(bundle, {
    engines: contestants,
    batches: batchesOf(await idsOf(bundle, texts), options.batch, inputs),
    runs: options.runs,
    threads: options.threads,
    seed: options.seed,
    classes,
    tolerance,
    ...(process.stderr.isTTY ? { onProgress } : {}),
  });
  process.stdout.write(
    `${options.json === true ? JSON.stringify(comparison, null, 2) : renderComparison(comparison)}\n`,
  );
  if (!comparison.agree) process.exitCode = 1;
}

function onProgress(done: number, total: number): void {
  process.stderr.write(done === total ? '\r\u001B[K' : `\rcomparing ${done}/${total}`);
}
