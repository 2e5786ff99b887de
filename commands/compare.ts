/** `retort compare`: the static graph beside eager engines on the same texts and threads. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { fail } from '../core/errors.js';
import { cpuAffinity, describeMachine } from '../core/machine.js';
import { readTexts } from '../core/text-file.js';
import { prepareToWrite, writeWhole } from '../core/write-whole.js';
import type { CellSpec } from '../serving/comparison/cells.js';
import { compare } from '../serving/comparison/compare.js';
import { enginesNamed, engines } from '../serving/comparison/engines.js';
import { comparisonMarkdown } from '../serving/comparison/markdown.js';
import { stabilityLimit } from '../serving/comparison/measure.js';
import { requireLengths } from '../serving/comparison/network.js';
import { comparisonPage } from '../serving/comparison/page.js';
import {
  COMPARISON_FORMAT,
  type Comparison,
  disagreements,
  unstableCells,
} from '../serving/comparison/result.js';
import { renderComparison } from '../serving/comparison/terminal.js';
import { commaSeparated, decimal, integer } from './options.js';
import { bundleFolder, shippedStudent } from './shipped.js';

interface Options {
  readonly texts?: string;
  readonly preset: 'thorough' | 'seed' | 'both';
  readonly batch: readonly number[];
  /** Null: as long as the texts are. */
  readonly lengths: readonly (number | null)[];
  readonly runs: number;
  readonly cellSeconds: number;
  readonly threads: number;
  readonly engines: readonly string[];
  readonly tolerance: number;
  readonly int8Tolerance: number;
  readonly profile: boolean;
  readonly seed: number;
  readonly save?: string;
  readonly html?: string;
  readonly write?: string;
  readonly json?: true;
}

const seedRuns = 100;

export function register(program: Command): void {
  program
    .command('compare')
    .summary('compare static with eager execution on the same texts and threads')
    .description(
      'Runs the same texts through the static graph and through engines that compute op by op, in random order, and ' +
        'compares times and logits. Every engine computes with the same weights, on the same number of threads.',
    )
    .argument('[models...]', 'shipped models, or folders of bundles', [shippedStudent])
    .option('--texts <file>', 'texts, .txt or .jsonl, each also .gz (default: the texts of the bundle)')
    .addOption(
      new Option('--preset <name>', 'thorough: the grid; seed: one sentence, 100 runs, totals')
        .choices(['thorough', 'seed', 'both'])
        .default('thorough'),
    )
    .option('--batch <sizes>', 'texts in a batch, with commas between', integers(1, 256), [1, 8])
    .option(
      '--lengths <tokens>',
      'tokens in a row, with commas between; or texts: as long as they are',
      lengths,
      [16, 64, 128],
    )
    .option('--runs <n>', 'timed runs of a batch in a cell', integer(3, 10_000), 60)
    .option('--cell-seconds <s>', 'about how long a cell is measured at most', decimal(0.001, 3600), 20)
    .option('--threads <n>', 'threads each engine computes on', integer(1, 64), 1)
    .option(
      '--engines <names>',
      'with commas between; static is always there',
      commaSeparated,
      engines.map(({ name }) => name),
    )
    .option('--tolerance <x>', 'largest accepted difference of a logit', decimal(0, 100), 1e-3)
    .option(
      '--int8-tolerance <x>',
      'the same where the precision that is computed in differs, or the variant',
      decimal(0, 100),
      0.5,
    )
    .option('--no-profile', 'leave out where the time goes')
    .option('--seed <n>', 'of the order and of the intervals', integer(0, 2 ** 31 - 1), 1)
    .option('--save <file>', 'write the comparison as JSON')
    .option('--html <file>', 'write a report with charts')
    .option('--write <file>', 'write a page of Markdown')
    .option('--json', 'print the comparison as JSON')
    .addHelpText('after', help)
    .action(run);
}

const help = `
Engines:
${engines.map(({ name, description }) => `  ${name.padEnd(20)} ${description}`).join('\n')}

Examples:
  retort compare
  retort compare student teacher --preset both --html comparison.html --write docs/static-versus-eager.md
  retort compare runs/bundles/student/2 --engines ort-eager,tfjs-wasm --lengths texts --texts reviews.txt --json

Exit status: 1 when logits differ by more than is accepted, or when windows of measurement disagree; what was measured
is printed and saved all the same.`;

async function run(models: readonly string[], options: Options): Promise<void> {
  const contestants = enginesNamed(options.engines);
  const machine = describeMachine();
  const texts = options.texts === undefined ? null : await readTexts(options.texts);
  const folders = await Promise.all(models.map((model) => bundleFolder(model)));
  const opened = await Promise.all(folders.map((folder) => openBundle(folder)));
  const cells = cellsOf(options);
  for (const bundle of opened)
    requireLengths(
      bundle,
      cells.flatMap(({ length }) => length ?? []),
    );
  await prepareToWrite(options.save, options.html, options.write);
  const bundles = [];
  for (const bundle of opened) {
    const { runs, cellSeconds, threads, seed, tolerance, int8Tolerance, profile } = options;
    bundles.push(
      await compare(bundle, {
        engines: contestants,
        cells,
        texts,
        runs,
        seedRuns,
        cellSeconds,
        threads,
        seed,
        tolerance,
        int8Tolerance,
        profile,
        now: () => performance.now(),
        ...(process.stderr.isTTY ? { onProgress: showProgress } : {}),
      }),
    );
  }
  if (process.stderr.isTTY) showProgress('');
  const found = {
    format: COMPARISON_FORMAT,
    measuredAt: new Date().toISOString(),
    command: ['retort compare', ...process.argv.slice(3)].join(' '),
    threads: options.threads,
    affinity: cpuAffinity(),
    seed: options.seed,
    bundles,
    agree: true,
    stable: true,
    machine,
  } satisfies Comparison;
  const [disagreeing, unstable] = [disagreements(found), unstableCells(found)];
  await report({ ...found, agree: disagreeing.length === 0, stable: unstable.length === 0 }, options);
  if (disagreeing.length > 0) throw fail('comparison_disagrees', { which: disagreeing.join('; ') });
  if (unstable.length > 0)
    throw fail('comparison_unstable', { limit: 100 * stabilityLimit, which: unstable.join('; ') });
}

function cellsOf({ preset, batch: batches, lengths: tokens }: Options): CellSpec[] {
  const grid = batches.flatMap((batch) =>
    tokens.map((length): CellSpec => ({ kind: 'grid', batch, length })),
  );
  const seed: CellSpec = { kind: 'seed', batch: 1, length: null };
  return [...(preset === 'seed' ? [] : grid), ...(preset === 'thorough' ? [] : [seed])];
}

/** Prints first: a file that cannot be written after all takes nothing of what was measured with it. */
async function report(comparison: Comparison, { json, save, html, write }: Options): Promise<void> {
  const text = JSON.stringify(comparison, null, 2);
  process.stdout.write(`${json === true ? text : renderComparison(comparison)}\n`);
  if (save !== undefined) await writeWhole(save, `${text}\n`);
  if (html !== undefined) await writeWhole(html, comparisonPage(comparison));
  if (write !== undefined) await writeWhole(write, comparisonMarkdown(comparison));
}

function integers(low: number, high: number): (value: string) => number[] {
  return (value) => commaSeparated(value).map(integer(low, high));
}

function lengths(value: string): (number | null)[] {
  if (value === 'texts') return [null];
  try {
    return integers(1, 10_000)(value);
  } catch {
    throw new InvalidArgumentError(
      'It must be numbers of tokens from 1 to 10000 with commas between, or texts.',
    );
  }
}

function showProgress(what: string): void {
  process.stderr.write(`\r\u001B[K${what}`);
}
