/** `retort bench training`: what a step of training costs. */
import type { Command } from 'commander';
import { fail } from '../../core/errors.js';
import { encoderPresets } from '../../models/encoder-presets.js';
import { networkOf } from '../../models/networks.js';
import { openPeer } from '../../training/bench/peer.js';
import { benchStep } from '../../training/bench/step-bench.js';
import { renderStepBench, stepBenchSchema } from '../../training/bench/step-report.js';
import type { ProviderName } from '../../core/engines/providers.js';
import type { OptimizerName } from '../../training/optimizers/optimizers.js';
import { decimal, integer } from '../options.js';
import { choice, providerOption } from '../train/run.js';

interface Options {
  readonly network: string;
  readonly batchSize: number;
  readonly microBatchSize?: number;
  readonly length: number;
  readonly dropout: number;
  readonly steps: number;
  readonly threads: number;
  readonly provider: ProviderName;
  readonly seed: number;
  readonly python?: string;
  readonly json?: true;
}

interface Contestant {
  readonly kind: string;
  readonly optimizer: OptimizerName;
  readonly config: { readonly vocabularySize: number } & Readonly<Record<string, unknown>>;
}

/** The student as `train student` makes it of ChnSentiCorp, an encoder of MiniLM's shape, and the ERNIE family. */
const contestants = new Map<string, Contestant>([
  [
    'student',
    {
      kind: 'bilstm',
      optimizer: 'adam',
      config: { vocabularySize: 30_000, embedding: 300, hidden: 300, inner: 300, classes: 2 },
    },
  ],
  [
    'encoder',
    {
      kind: 'ernie',
      optimizer: 'adamw',
      config: {
        ...encoderPresets['ernie-3.0-mini-zh'],
        vocabularySize: 30_000,
        layers: 12,
        positions: 512,
        tokenTypes: 2,
        taskTypes: 0,
      },
    },
  ],
  ...Object.entries(encoderPresets).map(([name, config]): [string, Contestant] => [
    name,
    { kind: 'ernie', optimizer: 'adamw', config: { ...config } },
  ]),
]);

export function register(bench: Command): void {
  bench
    .command('training')
    .summary('time of a training step, by part and by word')
    .description(
      'Trains a network of random parameters on random words for some steps, and times forward and backward, the ' +
        'update, and the forward graph alone.',
    )
    .addOption(choice('--network <name>', 'what is trained', [...contestants.keys()], 'student'))
    .option('--batch-size <n>', 'rows in a step', integer(1, 4096), 64)
    .option('--micro-batch-size <n>', 'rows computed at once (default: all of a step)', integer(1, 4096))
    .option('--length <n>', 'words of the longest row', integer(1, 10_000), 64)
    .option('--dropout <rate>', 'share of values dropped', decimal(0, 0.95), 0.1)
    .option('--steps <n>', 'steps that are timed', integer(2, 10_000), 20)
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .addOption(providerOption())
    .option('--seed <n>', 'of words, parameters and intervals', integer(0, 2 ** 31 - 1), 1)
    .option(
      '--python <file>',
      'an interpreter with torch: the same step in PyTorch, in turns (encoders only)',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort bench training\n  retort bench training --network ernie-3.0-base --batch-size 32 --length 128 --steps 5\n' +
        '  retort bench training --network encoder --batch-size 32 --python venv/bin/python\n',
    )
    .action(run);
}

async function run({
  network: name,
  threads,
  microBatchSize,
  python,
  json,
  ...options
}: Options): Promise<void> {
  const contestant = contestants.get(name);
  if (contestant === undefined) throw new RangeError(`${name} is a choice that is not in the list`);
  const { kind, config, optimizer } = contestant;
  if (python !== undefined && kind !== 'ernie') throw fail('bench_peer_student', { network: name });
  const report = await benchStep({
    ...options,
    name,
    network: networkOf(kind, config),
    vocabularySize: config.vocabularySize,
    optimizer,
    microBatchSize: microBatchSize ?? options.batchSize,
    intraOpThreads: threads,
    loss: 'cross-entropy',
    clipNorm: 1,
    openPeer:
      python === undefined ? null : (lengths) => openPeer({ ...options, python, threads, config, lengths }),
    onProgress: (done) => {
      if (process.stderr.isTTY)
        process.stderr.write(
          done === options.steps
            ? '\r\u001b[K'
            : `\rstep ${String(Math.max(0, done))}/${String(options.steps)}`,
        );
    },
  });
  process.stdout.write(
    `${json === true ? JSON.stringify(stepBenchSchema.parse(report), null, 2) : renderStepBench(report)}\n`,
  );
}
