/** `retort score`: labels for files of any size, by the workers that a server has. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { usableCores } from '../core/cpu-quota.js';
import { openBundle } from '../core/bundle/read.js';
import { fail } from '../core/errors.js';
import { argmax, probabilities } from '../core/probabilities.js';
import { streamFile } from '../core/text-file.js';
import { openLocalModel } from '../serving/bulk/local-model.js';
import { scoreFile, type ScoreProgress, type Shard } from '../serving/bulk/score-file.js';
import { interruptible } from './interruption.js';
import { integer } from './options.js';
import { bundleFolder, shippedStudent } from './shipped.js';

interface Options {
  readonly input: string;
  readonly output: string;
  readonly model: string;
  readonly workers: number;
  readonly shard: Shard;
  readonly logits?: true;
  readonly json?: true;
}

/** Texts that are predicted together: enough for batches of like length. */
const chunk = 256;
const chunksAhead = 4;

export function register(program: Command): void {
  program
    .command('score')
    .summary('labels for a file of texts, however large')
    .description(
      'Reads texts as a stream, labels them with as many workers as the CPU quota gives, and writes one JSON object a ' +
        'text in the order of the input. The same command goes on after a stop or a kill.',
    )
    .requiredOption('--input <file>', 'texts, .jsonl or .txt, each also .gz')
    .requiredOption('--output <file>', 'JSON lines: index, text, label, score')
    .option('--model <model>', 'a shipped model, or the folder of a bundle', shippedStudent)
    .option('--workers <n>', 'worker processes', integer(1, 256), usableCores())
    .option('--shard <i/n>', 'only every n-th text, from the i-th on', shardOf, { index: 1, count: 1 })
    .option('--logits', 'write the logits too')
    .option('--json', 'print one JSON object an event')
    .addHelpText(
      'after',
      '\nExamples:\n  retort score --input reviews.jsonl --output labels.jsonl\n' +
        '  retort score --input reviews.jsonl --output labels.2.jsonl --shard 2/4\n',
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { input, output, shard, logits: withLogits = false } = options;
  const size = await stat(input).then(
    (found) => found.size,
    (error: unknown) => {
      throw fail('texts_file_missing', { path: input }, error);
    },
  );
  const folder = await bundleFolder(options.model);
  const { manifest } = await openBundle(folder);
  const { name, version, labels, calibration, files } = manifest;
  const model = await openLocalModel({
    folder,
    workers: options.workers,
    capacity: chunk * (chunksAhead + 1),
  });
  const stream = createReadStream(input);
  const texts = streamFile(stream, input);
  const print = options.json === true ? printJson : printer(stream, size);
  try {
    const result = await interruptible((signal) =>
      scoreFile({
        texts,
        output,
        identity: { input: path.resolve(input), size, name, version, files, shard, withLogits },
        shard,
        chunk,
        chunksAhead,
        predict: (some) => model.predict(some),
        lineOf: ({ index, text, prediction: { logits } }) => {
          const scores = probabilities(logits, calibration?.temperature);
          const best = argmax(scores);
          const row = { index, text, label: labels[best], score: scores[best] };
          return JSON.stringify(withLogits ? { ...row, logits } : row);
        },
        onProgress: (progress) => {
          print({ kind: 'progress', ...progress });
        },
        signal,
      }),
    );
    print({ kind: 'scored', ...result });
    if (!result.finished) {
      process.stderr.write('Stopped; the same command goes on from there.\n');
      process.exitCode = 1;
    }
  } finally {
    await model.close();
  }
}

type ScoreEvent = { readonly kind: 'progress' | 'scored' } & ScoreProgress;

function printJson(event: ScoreEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** How much is left is told by the bytes that were read. */
function printer(stream: { readonly bytesRead: number }, size: number): (event: ScoreEvent) => void {
  const terminal = process.stderr.isTTY;
  const started = performance.now();
  return ({ kind, done, kept }) => {
    const seconds = (performance.now() - started) / 1000;
    const rate = `${((done - kept) / seconds).toFixed(0)} texts/s`;
    if (kind === 'scored') {
      const before = kept > 0 ? `, ${String(kept)} of them by an earlier run` : '';
      process.stdout.write(
        `${terminal ? '\r\u001b[2K' : ''}${String(done)} texts scored${before}, ${rate}\n`,
      );
      return;
    }
    const share = stream.bytesRead / Math.max(1, size);
    const left = (seconds * (1 - share)) / Math.max(share, 1e-9);
    const line = `${String(done)} texts  ${(100 * share).toFixed(0)} % read  ${rate}  ${left.toFixed(0)} s left`;
    process.stderr.write(terminal ? `\r\u001b[2K${line}` : `${line}\n`);
  };
}

function shardOf(value: string): Shard {
  const [, index = NaN, count = NaN] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) throw new InvalidArgumentError('It must be i/n, with i from 1 to n.');
  return { index, count };
}
