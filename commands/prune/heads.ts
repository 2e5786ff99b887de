/** `retort prune heads`: a bundle without the attention heads that matter least to the loss. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Manifest } from '../../core/bundle/manifest.js';
import { openBundle } from '../../core/bundle/read.js';
import { paddedBatch } from '../../core/padded-batch.js';
import { headsToKeep, pruneHeads, type PrunedHeads, type Removal } from '../../export/prune/heads.js';
import { latencies, type Latency } from '../../export/report/latency.js';
import { bundleSource } from '../../export/sources/bundle.js';
import { networkOf } from '../../models/networks.js';
import { openLabelled } from '../../training/data/labelled.js';
import { headImportance } from '../../training/head-importance.js';
import { evenly } from '../evenly.js';
import { precisionHelp, precisions } from '../export.js';
import { addColumnOptions, type ColumnOptions, devSplits } from '../labelled-data.js';
import { integer } from '../options.js';
import { bundleFolder } from '../shipped.js';
import {
  accuracyLines,
  accuracyOf,
  checkOutput,
  mebibytes,
  servedBy,
  sizeOfServed,
  writePruned,
} from './served.js';

interface Options extends ColumnOptions {
  readonly data: string;
  readonly remove: Removal;
  readonly importanceTexts: number;
  readonly precision?: ReturnType<typeof precisions>;
  readonly force?: true;
  readonly json?: true;
}

export function register(prune: Command): void {
  const command = prune
    .command('heads')
    .summary('leave out the attention heads that matter least')
    .description(
      'Writes a bundle of an encoder without the heads that change the loss least on texts of train: their columns of ' +
        'the matrices of queries, keys and values are cut out, and their rows of the matrix behind them. Each layer ' +
        'keeps a head. Accuracy on dev, parameters and time are measured before and after; nothing is trained.',
    )
    .argument('<model>', 'a shipped model, or the folder of a bundle')
    .argument('<out>', 'of the bundle to write the folder NAME/VERSION')
    .requiredOption('--data <file>', 'labelled texts: train tells which heads matter, dev is measured')
    .requiredOption('--remove <n>', 'how many heads to remove, or of all heads so many %', removal)
    .option(
      '--importance-texts <n>',
      'texts of train on which heads are judged, evenly over it',
      integer(1, 65_536),
      256,
    )
    .option('--precision <list>', `${precisionHelp} (default: as the model is)`, precisions)
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort prune heads teacher runs/repository/teacher-pruned/1 --data ChnSentiCorp.zip --remove 10%\n',
    )
    .action(run);
  addColumnOptions(command);
}

/** Lengths of single texts that are timed; those that are too long for a network are left out. */
const timedLengths = [16, 64, 128];
const latencyOptions = { threads: 1, budgetMs: 4000, now: () => performance.now() };

async function run(model: string, output: string, options: Options): Promise<void> {
  await checkOutput(output, options.force === true);
  const bundle = await openBundle(await bundleFolder(model));
  const source = await bundleSource(bundle.folder);
  const was = await servedBy(bundle);
  const { textColumn, labelColumn } = options;
  const { examples } = await openLabelled(options.data, { split: 'train', textColumn, labelColumn });
  const judged = evenly(examples, options.importanceTexts);
  const importance = await headImportance(
    networkOf(source.network.kind, source.network.config),
    source.parameters,
    judged.map(({ text, label }) => ({
      ids: was.tokenizer.encode(text),
      targets: label === 1 ? [0, 1] : [1, 0],
      label,
    })),
  );
  const pruned = pruneHeads(source, headsToKeep(importance, options.remove));
  const splits = await devSplits(options.data, options);
  const before = { bytes: await sizeOfServed(bundle), accuracy: await accuracyOf(was, splits) };
  const report = await writePruned(bundle, pruned.source, {
    ...options,
    output,
    splits,
    calibrationTexts: judged.map(({ text }) => text),
    pruning: { heads: pruned.heads, texts: judged.length },
  });
  const made = await openBundle(report.folder);
  const cases = timedLengths.map((length) => ({
    name: `one text of ${String(length)} tokens`,
    feeds: paddedBatch([Array.from({ length }, () => 1)]),
  }));
  const { heads, layers, parameters } = pruned;
  const summary = {
    folder: report.folder,
    heads,
    layers,
    importance,
    texts: judged.length,
    parameters,
    bytes: { before: before.bytes, after: await sizeOfServed(made) },
    accuracy: { before: before.accuracy, after: report.accuracy },
    latency: await latencies(was.bytes, (await servedBy(made)).bytes, cases, latencyOptions),
  };
  process.stdout.write(options.json === true ? `${JSON.stringify(summary)}\n` : lines(summary));
}

function removal(value: string): Removal {
  const [, digits = '', percent = ''] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value.trim()) ?? [];
  const number = Number(digits);
  if (digits !== '' && percent === '%' && number > 0 && number < 100)
    return { kind: 'share', share: number / 100 };
  if (percent === '' && Number.isInteger(number) && number > 0) return { kind: 'count', count: number };
  throw new InvalidArgumentError('It must be a number of heads as 14, or a share as 10%.');
}

function lines(summary: {
  readonly folder: string;
  readonly heads: PrunedHeads['heads'];
  readonly layers: PrunedHeads['layers'];
  readonly texts: number;
  readonly parameters: PrunedHeads['parameters'];
  readonly bytes: { readonly before: number; readonly after: number };
  readonly accuracy: Readonly<Record<'before' | 'after', Manifest['accuracy']>>;
  readonly latency: readonly Latency[];
}): string {
  const { folder, heads, layers, texts, parameters, bytes, accuracy, latency } = summary;
  const millions = (count: number) => (count / 1e6).toFixed(2);
  const ms = (value: number) => value.toFixed(2);
  return [
    `${folder}: ${String(heads.before)} heads became ${String(heads.after)} (by layer ${layers.join(' ')}), as ${String(texts)} texts judge them`,
    `  ${millions(parameters.before)} million parameters became ${millions(parameters.after)}, ${mebibytes(bytes.before)} ${mebibytes(bytes.after)}`,
    ...accuracyLines(accuracy),
    ...latency.map(
      ({ case: name, before, after, ratio }) =>
        `  ${name}, one thread: ${ms(before.estimate)} ms before, ${ms(after.estimate)} after, ` +
        `ratio ${ms(ratio.estimate)} (${ratio.interval.map(ms).join(' to ')})`,
    ),
    '',
  ].join('\n');
}
