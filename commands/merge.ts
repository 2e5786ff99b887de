/** `retort merge`: the outputs of all shards of `retort score` as one file, checked against the input. */
import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { streamFile } from '../core/text-file.js';
import { mergeShards } from '../serving/bulk/merge-shards.js';

interface MergeCommandOptions {
  readonly input: string;
  readonly output: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('merge')
    .summary('the shards of `retort score` as one file, with every row checked')
    .description(
      'Puts what `retort score --shard` has written together in the order of the input. Refuses when a shard is missing or ' +
        'unfinished, and when a row is not of the text that stands in its place.',
    )
    .argument('<shards...>', 'the outputs of all shards, in any order')
    .requiredOption('--input <file>', 'the texts that were scored, as they were given to it')
    .requiredOption('--output <file>', 'JSON lines, in the order of the input')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort merge labels.1.jsonl labels.2.jsonl --input reviews.jsonl --output labels.jsonl',
    )
    .action(run);
}

async function run(shards: readonly string[], { input, output, json }: MergeCommandOptions): Promise<void> {
  const terminal = process.stderr.isTTY;
  const rows = await mergeShards({
    texts: streamFile(createReadStream(input), input),
    shards,
    output,
    ...(terminal ? { onProgress: (done: number) => process.stderr.write(`\r\u001b[2K${done} rows`) } : {}),
  });
  const counted = `${rows} rows of ${shards.length} shard${shards.length === 1 ? '' : 's'} in ${output}`;
  if (terminal) process.stderr.write('\r\u001b[2K');
  process.stdout.write(json === true ? `${JSON.stringify({ rows, shards, output })}\n` : `${counted}\n`);
}
