/** `retort import`: an ONNX file from elsewhere becomes a bundle. */
import type { Command } from 'commander';
import { importOnnx } from '../export/import-onnx.js';
import { reviews } from '../loadtest/reviews.js';
import { addColumnOptions, type ColumnOptions, devSplits } from './labelled-data.js';
import { readNotes } from './notes.js';
import { integer } from './options.js';
import { scoreLine } from './scoring.js';
import { ownRepository } from './shipped.js';
import { commandLine } from './train/run.js';

interface Options extends ColumnOptions {
  readonly tokenizer: string;
  readonly repository: string;
  readonly name: string;
  readonly modelVersion: string;
  readonly maxTokens: number;
  readonly data?: string;
  readonly notes?: string;
  readonly force?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  const command = program
    .command('import')
    .summary('make a bundle of an ONNX file from elsewhere and its tokenizer')
    .description(
      'Takes an encoder with a classifier of two classes (0 negative, 1 positive) as PyTorch or Paddle export it. ' +
        'Masks and token types are computed within the graph; before anything is kept it is checked that the logits ' +
        'of a text are the same alone and in a padded batch.',
    )
    .argument('<model.onnx>', 'the file; its weights inside, or beside it as external data')
    .requiredOption('--tokenizer <file-or-folder>', 'its tokenizer.json, vocab.txt or SentencePiece model')
    .option('--repository <folder>', 'where the bundle goes', ownRepository)
    .option('--name <name>', "the model's name", 'teacher')
    .option('--model-version <version>', "the bundle's version", '1')
    .option('--max-tokens <n>', 'of a text that are read, special tokens counted', integer(2, 1 << 20), 128)
    .option('--data <file>', 'measures it on the dev split too, for the manifest and the card')
    .option('--notes <file>', 'Markdown that the model card opens with: what it is, and its terms')
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort import sentiment.onnx --tokenizer tokenizer.json --name teacher --model-version 2 --repository models\n',
    )
    .action(run);
  addColumnOptions(command);
}

async function run(model: string, options: Options, command: Command): Promise<void> {
  const { data, notes, modelVersion: version, force, json, tokenizer, maxTokens, repository, name } = options;
  const report = await importOnnx({
    model,
    tokenizer,
    maxTokens,
    repository,
    name,
    version,
    texts: reviews,
    splits: await devSplits(data, options),
    notes: notes === undefined ? null : await readNotes(notes),
    command: commandLine(command),
    replace: force === true,
    now: new Date(),
  });
  if (json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { folder, nodes, bytes, difference, accuracy } = report;
  process.stdout.write(
    `${folder}: ${String(nodes)} nodes, ${(bytes / 2 ** 20).toFixed(1)} MiB; logits of ${String(reviews.length)} texts ` +
      `alone and in a batch differ by ${difference.toExponential(1)} at most\n`,
  );
  for (const score of accuracy) process.stdout.write(`  ${scoreLine(score)}\n`);
}
