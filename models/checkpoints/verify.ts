/** Proof of an import: the encoder's logits against those that the checkpoint's own library gave. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { openSession } from '../../core/engines/session.js';
import { fail } from '../../core/errors.js';
import { parseJson } from '../../core/parse-json.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { int32, int64, toNumbers } from '../../core/tensor.js';
import { networkOf } from '../networks.js';
import { staticGraph } from '../static-graph.js';
import type { Checkpoint } from './open.js';

const rows = z.array(z.array(z.int().nonnegative())).min(1);

const goldenSchema = z.looseObject({
  /** [batch][time], padded to equal lengths */
  input_ids: rows,
  attention_mask: rows.optional(),
  token_type_ids: rows.optional(),
  logits: z.array(z.array(z.number())).min(1),
});

export interface Verification {
  readonly rows: number;
  /** Largest |difference| of a logit. */
  readonly difference: number;
}

/** @throws RetortError golden_invalid, and the checkpoint's own */
export async function verifyCheckpoint(checkpoint: Checkpoint, goldenFile: string): Promise<Verification> {
  const golden = await readGolden(goldenFile, checkpoint);
  const { input_ids: ids, token_type_ids: types, logits: expected } = golden;
  const network = networkOf('ernie', { ...checkpoint.config, pairs: types !== undefined });
  const parameters = await checkpoint.readParameters();
  if (checkpoint.missing.length > 0) throw fail('checkpoint_classifier_missing', { path: checkpoint.file });
  const session = await openSession(encodeModel({ graph: staticGraph(network, parameters) }));
  const shape = [ids.length, ids[0]?.length ?? 0];
  const { logits } = await session.run({
    input_ids: int64(ids.flat(), shape),
    sequence_lengths: int32(lengthsOf(golden, checkpoint.config.padId)),
    ...(types === undefined ? {} : { token_type_ids: int64(types.flat(), shape) }),
  });
  await session.close();
  const found = logits === undefined ? [] : toNumbers(logits);
  const differences = expected.flat().map((value, index) => Math.abs(value - (found[index] ?? Number.NaN)));
  return {
    rows: ids.length,
    difference: differences.some(Number.isNaN) ? Infinity : Math.max(...differences),
  };
}

type GoldenLogits = z.infer<typeof goldenSchema>;

async function readGolden(file: string, { config }: Checkpoint): Promise<GoldenLogits> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('golden_invalid', { path: file, reason: 'it cannot be read' }, error);
  });
  const refuse = (reason: string) => fail('golden_invalid', { path: file, reason });
  const parsed = goldenSchema.safeParse(parseJson(text));
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { input_ids: ids, attention_mask: mask, token_type_ids: types, logits } = parsed.data;
  for (const [what, values] of Object.entries({ mask, types, logits })) {
    if (values !== undefined && values.length !== ids.length)
      throw refuse(`it has ${String(ids.length)} rows of ids and ${String(values.length)} of ${what}`);
  }
  if (logits.some((row) => row.length !== config.classes))
    throw refuse(`its rows of logits are not of the ${String(config.classes)} classes of the encoder`);
  const width = ids[0]?.length ?? 0;
  if (
    [ids, mask, types].some((values) => values?.some((row) => row.length !== width || width === 0) === true)
  )
    throw refuse('its rows are not of one length');
  if (width + config.positionOffset > config.positions)
    throw refuse(`its rows are longer than the ${String(config.positions)} positions of the encoder`);
  if (ids.flat().some((id) => id >= config.vocabularySize))
    throw refuse(`an id is outside of the vocabulary of ${String(config.vocabularySize)}`);
  if (types?.flat().some((type) => type >= config.tokenTypes) === true)
    throw refuse(`a token type is outside of the ${String(config.tokenTypes)} there are`);
  return parsed.data;
}

/** Of each row: by the mask, or up to the padding at its end. */
function lengthsOf({ input_ids: ids, attention_mask: mask }: GoldenLogits, padId: number): number[] {
  return ids.map((row, index) => {
    const masked = mask?.[index];
    if (masked !== undefined) return masked.lastIndexOf(1) + 1;
    return row.findLastIndex((id) => id !== padId) + 1;
  });
}
