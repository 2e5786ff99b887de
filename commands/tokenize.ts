/** `retort tokenize`: the ids that a checkpoint's tokenizer gives texts, a JSON line each, as they come. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { hasCode } from '../core/has-code.js';
import { streamFile, streamTexts } from '../core/text-file.js';
import type { Tokenizer } from '../core/text/tokenizer.js';
import { openTokenizerFolder } from '../core/text/tokenizer-folder.js';
import { integer } from './options.js';

interface Options {
  readonly tokenizer: string;
  readonly input?: string;
  readonly maxTokens: number;
}

export function register(program: Command): void {
  program
    .command('tokenize')
    .description('print the token ids of texts')
    .requiredOption(
      '--tokenizer <file-or-folder>',
      'a tokenizer.json, vocab.txt or SentencePiece model, or the folder of a checkpoint',
    )
    .option(
      '--input <file>',
      'texts, .jsonl or .txt, each also .gz (default: standard input, one JSON object with the key text a line)',
    )
    .option('--max-tokens <n>', 'cut texts to as many ids, special tokens counted', integer(2, 1 << 20), 512)
    .addHelpText(
      'after',
      '\nExamples:\n  retort tokenize --tokenizer ernie-1.0/ --input reviews.jsonl\n  echo \'{"text":"房间很干净。"}\' | retort tokenize --tokenizer ernie-1.0/vocab.txt\n',
    )
    .action(run);
}

async function run({ tokenizer: place, input, maxTokens }: Options): Promise<void> {
  const { tokenizer } = await openTokenizerFolder(place, maxTokens);
  for (const warning of tokenizer.warnings) process.stderr.write(`warning: ${warning}\n`);
  const texts =
    input === undefined
      ? streamTexts(process.stdin, 'the standard input')
      : streamFile(createReadStream(input), input);
  try {
    await pipeline(Readable.from(lines(texts, tokenizer)), process.stdout, { end: false });
  } catch (error) {
    // The reader, `head` perhaps, has had enough.
    if (!hasCode(error, 'EPIPE')) throw error;
  }
}

async function* lines(texts: AsyncIterable<string>, tokenizer: Tokenizer): AsyncGenerator<string> {
  for await (const text of texts) yield `${JSON.stringify({ text, ids: tokenizer.encode(text) })}\n`;
}
