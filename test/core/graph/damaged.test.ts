/** Damaged models: each is read as another or refused by an error of the table, never by a crash. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RetortError } from '../../../core/errors.js';
import type { Model } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { parseModel } from '../../../core/graph/onnx-decode.js';
import { readSkeleton } from '../../../core/graph/onnx-skeleton.js';
import { type Random, randomStream } from '../../../training/random.js';
import { smallBranches, smallOddities, smallStudent } from '../../fixtures/small-models.js';
import { mutated } from '../../fuzz/mutate.js';

const seeds = [smallStudent(), smallBranches(), smallOddities()];
const files = 2500;

function decodedOrCode(bytes: Uint8Array): Model | string {
  try {
    return decodeModel(bytes);
  } catch (error) {
    if (!(error instanceof RetortError)) throw error;
    return error.code;
  }
}

/** Traces of thousands of errors that nobody reads cost more than the reading. */
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

test(`${files} damaged models are read or refused, and what was read can be written and read again`, async () => {
  const outcomes = new Set<string>();
  for (let index = 0; index < files; index += 1) {
    const random = randomStream(7, 'benchmark', index);
    const seed = seeds[random.below(seeds.length)]!;
    const bytes = index % 2 === 0 ? mutated(seed, random) : oneByteChanged(seed, random);
    const model = decodedOrCode(bytes);
    outcomes.add(typeof model === 'string' ? model : 'read');
    if (typeof model !== 'string') {
      const again = encodeModel(model);
      expect(Buffer.from(encodeModel(decodeModel(again))).equals(again)).toBe(true);
    }
    const source = {
      size: bytes.length,
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
    const walked = await readSkeleton(source, 64)
      .then(parseModel)
      .catch((error: unknown) => error);
    if (walked instanceof Error) expect(walked).toBeInstanceOf(RetortError);
  }
  expect(outcomes).toContain('read');
  expect(outcomes).not.toContain('internal_error');
  expect(outcomes.size).toBeGreaterThan(4);
});

function oneByteChanged(whole: Uint8Array, random: Random): Uint8Array {
  const at = random.below(whole.length);
  return whole.with(at, random.below(256));
}
