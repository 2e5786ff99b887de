/** What an exported graph gives: its logits, its accuracy, and what goes into golden.json. */
import { argmax } from '../core/probabilities.js';
import type { Golden, Manifest } from '../core/bundle/manifest.js';
import { openSession } from '../core/engines/session.js';
import { wilsonInterval } from '../core/statistics.js';
import { int32, int64, type Tensor, toNumbers } from '../core/tensor.js';
import type { Tokenizer } from '../core/text/tokenizer.js';

export interface Case {
  readonly ids: number[];
}

export interface LabelledSplit {
  readonly name: string;
  readonly examples: readonly { readonly text: string; readonly label: number }[];
}

/** Texts that go into the bundle, for the parity check when it is loaded. */
const goldenTexts = 8;

/**
 * @param logits of the cases, in their order
 * @param tolerance of a logit
 */
export function goldenOf(
  cases: readonly (Case & { readonly text: string })[],
  logits: readonly number[][],
  tolerance: number,
): Golden {
  return {
    tolerance,
    cases: cases.slice(0, goldenTexts).map((one, index) => ({ ...one, logits: logits[index] ?? [] })),
  };
}

export interface Measured {
  readonly accuracy: Manifest['accuracy'][number];
  /** Of each example, in order. */
  readonly predictions: readonly { readonly logits: readonly number[]; readonly label: number }[];
}

/** The graph as ONNX Runtime optimises it, row by row. */
export async function measureOn(
  bytes: Uint8Array,
  precision: string,
  { name, examples }: LabelledSplit,
  tokenizer: Tokenizer,
): Promise<Measured> {
  const logits = await sessionLogits(
    bytes,
    'all',
    examples.map(({ text }) => ({ ids: tokenizer.encode(text) })),
  );
  const predictions = examples.map(({ label }, index) => ({ logits: logits[index] ?? [], label }));
  const correct = predictions.filter((one) => argmax(one.logits) === one.label).length;
  return {
    accuracy: scored({ data: `${name}, as ${precision}`, rows: examples.length, correct }),
    predictions,
  };
}

export function scored(score: { data: string; rows: number; correct: number }): Manifest['accuracy'][number] {
  const { rows, correct } = score;
  const [low, high] = wilsonInterval(correct, rows);
  return { ...score, accuracy: rows === 0 ? 0 : correct / rows, interval: [low, high] };
}

/** Lines of accuracy, those of the same data in the place of earlier ones. */
export function withScores(
  earlier: Manifest['accuracy'],
  measured: Manifest['accuracy'],
): Manifest['accuracy'] {
  const again = new Set(measured.map(({ data }) => data));
  return [...earlier.filter(({ data }) => !again.has(data)), ...measured];
}

/** Logits of each row of ids, one row at a time. */
export async function sessionLogits(
  bytes: Uint8Array,
  optimization: 'disabled' | 'all',
  cases: readonly Case[],
): Promise<number[][]> {
  const session = await openSession(bytes, { optimization });
  const found: number[][] = [];
  for (const { ids } of cases) {
    const { logits } = await session.run(feedsOf(ids));
    found.push(logits === undefined ? [] : toNumbers(logits));
  }
  await session.close();
  return found;
}

export function feedsOf(ids: readonly number[]): Record<'input_ids' | 'sequence_lengths', Tensor> {
  return { input_ids: int64(ids, [1, ids.length]), sequence_lengths: int32([ids.length]) };
}

/** Infinity where a logit is missing or not a number. */
export function largestDifference(found: readonly number[][], expected: readonly number[][]): number {
  let largest = 0;
  expected.forEach((row, index) => {
    row.forEach((value, k) => {
      const difference = Math.abs(value - (found[index]?.[k] ?? Number.NaN));
      largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
    });
  });
  return largest;
}
