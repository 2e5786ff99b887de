/** `retort inspect`: what a checkpoint folder holds, and whether it was read rightly. */
import type { Command } from 'commander';
import { fail } from '../core/errors.js';
import { type Checkpoint, openCheckpoint } from '../models/checkpoints/open.js';
import { type Verification, verifyCheckpoint } from '../models/checkpoints/verify.js';
import type { EncoderPreset } from '../models/encoder-presets.js';
import { decimal } from './options.js';
import { presetOption } from './preset-option.js';

interface Options {
  readonly verify?: string;
  readonly tolerance: number;
  readonly preset?: EncoderPreset;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('inspect')
    .summary('list what a checkpoint folder holds and what maps where; prove the import')
    .description(
      'Lists the configuration of a BERT or ERNIE checkpoint, its parameters and where each goes in the encoder. With ' +
        '--verify it runs the inputs of a file that the original library wrote, and compares the logits.',
    )
    .argument('<folder>', 'the checkpoint: configuration and weights')
    .option('--verify <golden.json>', 'input_ids, attention_mask?, token_type_ids? and logits, row by row')
    .option('--tolerance <difference>', 'the largest of a logit that is accepted', decimal(0, 1e9), 1e-4)
    .addOption(presetOption())
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort inspect ernie-3.0-base-zh
  retort inspect ernie-3.0-base-zh --verify golden.json --tolerance 1e-4
`;

async function run(folder: string, { verify, tolerance, preset, json }: Options): Promise<void> {
  const checkpoint = await openCheckpoint(folder, preset ?? null);
  try {
    const verification = verify === undefined ? null : await verifyCheckpoint(checkpoint, verify);
    if (json === true) process.stdout.write(`${JSON.stringify(report(checkpoint, verification))}\n`);
    else print(checkpoint, verification);
    if (verification !== null && !(verification.difference <= tolerance)) {
      throw fail('checkpoint_differs', {
        path: folder,
        difference: verification.difference.toExponential(2),
        tolerance: String(tolerance),
      });
    }
  } finally {
    await checkpoint.close();
  }
}

function report(checkpoint: Checkpoint, verification: Verification | null): object {
  const { config, format, file, mappings, missing } = checkpoint;
  return {
    format,
    file,
    config,
    parameters: mappings.map(({ stored, tensor: { dtype, shape }, place }) => ({
      stored,
      dtype,
      shape,
      name: place?.name ?? null,
      transposed: place?.transposed ?? false,
    })),
    missing,
    verification,
  };
}

function print(
  { config, format, file, mappings, missing }: Checkpoint,
  verification: Verification | null,
): void {
  const lines = [`${file} (${format})`, ''];
  for (const [key, value] of Object.entries(config)) lines.push(`  ${key.padEnd(18)} ${String(value)}`);
  lines.push('');
  const width = Math.max(...mappings.map(({ stored }) => stored.length));
  for (const { stored, tensor, place } of mappings) {
    const to = place === null ? '(left over)' : `${place.name}${place.transposed ? ' (transposed)' : ''}`;
    lines.push(`  ${stored.padEnd(width)}  ${tensor.dtype} [${tensor.shape.join(', ')}]  ${to}`);
  }
  const used = mappings.filter(({ place }) => place !== null);
  const count = used.reduce((sum, { tensor }) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
  lines.push('', `  ${String(used.length)} tensors, ${(count / 1e6).toFixed(1)} million parameters`);
  if (missing.length > 0) lines.push(`  to be drawn by training: ${missing.join(', ')}`);
  if (verification !== null) {
    const { difference, rows } = verification;
    lines.push(`  largest logit difference ${difference.toExponential(2)} on ${String(rows)} rows`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
