/** `retort prune vocabulary`: a bundle without the rows that no text of a file uses, and its tokenizer without them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { Manifest } from '../../core/bundle/manifest.js';
import { openBundle } from '../../core/bundle/read.js';
import { largestDifference, sessionLogits } from '../../export/measure.js';
import { pruneVocabulary } from '../../export/prune/vocabulary.js';
import { bundleSource } from '../../export/sources/bundle.js';
import { openDataset } from '../../training/data/dataset.js';
import { evenly } from '../evenly.js';
import { precisionHelp, precisions } from '../export.js';
import { addColumnOptions, type ColumnOptions, devSplits } from '../labelled-data.js';
import { collect } from '../options.js';
import { bundleFolder } from '../shipped.js';
import {
  accuracyLines,
  accuracyOf,
  checkOutput,
  mebibytes,
  type Served,
  servedBy,
  sizeOfServed,
  writePruned,
} from './served.js';

interface Options extends ColumnOptions {
  readonly texts: readonly string[];
  readonly precision?: ReturnType<typeof precisions>;
  readonly data?: string;
  readonly force?: true;
  readonly json?: true;
}

export function register(prune: Command): void {
  const command = prune
    .command('vocabulary')
    .summary('leave out the rows that no text of a file uses')
    .description(
      'Writes a bundle whose embedding and tokenizer have only the pieces that the texts need, and the special tokens. ' +
        'On those texts it gives the logits that the original gives; other texts meet more unknown pieces.',
    )
    .argument('<model>', 'a shipped model, or the folder of a bundle')
    .argument('<out>', 'of the bundle to write the folder NAME/VERSION')
    .requiredOption(
      '--texts <file>',
      'texts that are used: .tsv, .csv, .jsonl (each also .gz), or the train split of an archive; may be given several times',
      collect,
    )
    .option('--precision <list>', `${precisionHelp} (default: as the model is)`, precisions)
    .option('--data <file>', 'labelled texts: dev is measured before and after')
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort prune vocabulary student runs/repository/small/1 --texts reviews.jsonl.gz --data ChnSentiCorp.zip\n',
    )
    .action(run);
  addColumnOptions(command);
}

/** Of the texts, so many are run by both models, and at most so many calibrate. */
const comparedTexts = 512;

async function run(model: string, output: string, options: Options): Promise<void> {
  await checkOutput(output, options.force === true);
  const bundle = await openBundle(await bundleFolder(model));
  const source = await bundleSource(bundle.folder);
  const { textColumn } = options;
  const sets = await Promise.all(
    options.texts.map(async (file) => openDataset(file, { textColumn, labelColumn: null })),
  );
  const texts = [...new Set(sets.flatMap(({ examples }) => examples.map(({ text }) => text)))];
  const sample = evenly(texts, comparedTexts);
  const splits = await devSplits(options.data, options);
  const scratch = await mkdtemp(path.join(tmpdir(), 'retort-prune-'));
  try {
    const { source: pruned, rows } = await pruneVocabulary(source, texts, scratch);
    const report = await writePruned(bundle, pruned, {
      ...options,
      output,
      splits,
      calibrationTexts: sample,
      pruning: { vocabulary: rows, texts: texts.length },
    });
    const made = await openBundle(report.folder);
    const [was, is] = [await servedBy(bundle), await servedBy(made)];
    const [expected, found] = [await logitsOf(was, sample), await logitsOf(is, sample)];
    const summary = {
      folder: report.folder,
      rows,
      bytes: { before: await sizeOfServed(bundle), after: await sizeOfServed(made) },
      texts: texts.length,
      compared: sample.length,
      difference: largestDifference(found, expected),
      accuracy: { before: await accuracyOf(was, splits), after: report.accuracy },
    };
    process.stdout.write(options.json === true ? `${JSON.stringify(summary)}\n` : lines(summary));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function logitsOf({ bytes, tokenizer }: Served, texts: readonly string[]) {
  return sessionLogits(
    bytes,
    'all',
    texts.map((text) => ({ ids: tokenizer.encode(text) })),
  );
}

function lines(summary: {
  readonly folder: string;
  readonly rows: { readonly before: number; readonly after: number };
  readonly bytes: { readonly before: number; readonly after: number };
  readonly texts: number;
  readonly compared: number;
  readonly difference: number;
  readonly accuracy: Readonly<Record<'before' | 'after', Manifest['accuracy']>>;
}): string {
  const { folder, rows, bytes, texts, compared, difference, accuracy } = summary;
  return [
    `${folder}: ${String(rows.before)} rows became ${String(rows.after)}, ${mebibytes(bytes.before)} ${mebibytes(bytes.after)}`,
    `  all of ${String(texts)} texts are cut as before; largest logit difference on ${String(compared)} of them ${difference.toExponential(1)}`,
    ...accuracyLines(accuracy),
    '',
  ].join('\n');
}
