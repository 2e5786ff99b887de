/** What `retort inspect` prints of a checkpoint's folder. */
import { fail } from '../../core/errors.js';
import { type Checkpoint, openCheckpoint } from '../../models/checkpoints/open.js';
import { type Verification, verifyCheckpoint } from '../../models/checkpoints/verify.js';
import type { EncoderPreset } from '../../models/encoder-presets.js';

export interface CheckpointOptions {
  readonly verify?: string;
  readonly tolerance: number;
  readonly preset?: EncoderPreset;
  readonly json?: true;
}

/** @throws RetortError of the checkpoint; checkpoint_differs */
export async function inspectCheckpoint(
  folder: string,
  { verify, tolerance, preset, json }: CheckpointOptions,
): Promise<void> {
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
