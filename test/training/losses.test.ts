/** Losses against their definitions. */
import { expect, test } from '@jest/globals';
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import { probabilities } from '../../core/probabilities.js';
import { float32, toNumbers } from '../../core/tensor.js';
import { distillation, type Loss, lossOf } from '../../training/losses.js';

const logits: readonly number[][] = [
  [1.5, -0.5],
  [-2, 3],
];
const teacher: readonly number[][] = [
  [4, -3],
  [1, 0.5],
];

async function valueOf(loss: Loss, targets: readonly (readonly number[])[]): Promise<number> {
  const ops = new OrtEagerOps();
  const constant = (rows: readonly (readonly number[])[]) =>
    ops.constant(float32(rows.flat(), [rows.length, rows[0]!.length]));
  const [value = Number.NaN] = toNumbers(
    await loss(ops, { logits: constant(logits), targets: constant(targets) }),
  );
  return value;
}

/** -sum p log q, the mean over rows. */
function crossEntropyOf(p: readonly number[][], q: readonly number[][]): number {
  const rows = p.map(
    (row, index) => -row.reduce((sum, value, k) => sum + value * Math.log(q[index]![k]!), 0),
  );
  return rows.reduce((a, b) => a + b, 0) / rows.length;
}

test('what teachers say is compared at the temperature and weighed by its square, labels at 1', async () => {
  const [T, share] = [2, 0.25];
  const softened = teacher.map((row) => probabilities(row, T));
  const labels = [
    [1, 0],
    [0, 1],
  ];
  const targets = softened.map((row, index) => [
    ...row.map((value) => (1 - share) * value),
    ...labels[index]!.map((value) => share * value),
  ]);
  const at = (temperature: number) => logits.map((row) => probabilities(row, temperature));
  expect(await valueOf(distillation(T), targets)).toBeCloseTo(
    (1 - share) * T ** 2 * crossEntropyOf(softened, at(T)) + share * crossEntropyOf(labels, at(1)),
    5,
  );
  const plain = lossOf({ loss: 'cross-entropy', temperature: 1 });
  expect(await valueOf(plain, labels)).toBeCloseTo(crossEntropyOf(labels, at(1)), 5);
});
