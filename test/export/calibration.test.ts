/** Temperature scaling: what it finds where the truth is known, and the error it reports. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { probabilities } from '../../core/probabilities.js';
import { calibrationOn, expectedCalibrationError, fitTemperature } from '../../export/calibration.js';
import { randomStream } from '../../training/random.js';

/** Labels drawn by the probabilities of logits that are then `factor` times as large as they should be. */
function drawn(rows: number, factor: number) {
  const random = randomStream(7, 'benchmark', 0);
  return Array.from({ length: rows }, () => {
    const z = 6 * random.uniform() - 3;
    const label = random.uniform() < probabilities([-z, z])[1]! ? 1 : 0;
    return { logits: [-z * factor, z * factor], label };
  });
}

test('finds by how much logits are too large or too small, and says what it mends', () => {
  for (const factor of [0.25, 1, 4]) {
    const predictions = drawn(5000, factor);
    const { temperature, rows, error } = calibrationOn('dev', predictions);
    expect(rows).toBe(5000);
    expect(temperature / factor).toBeGreaterThan(0.9);
    expect(temperature / factor).toBeLessThan(1.1);
    expect(error.after).toBeLessThan(0.03);
    if (factor !== 1) expect(error.before).toBeGreaterThan(2 * error.after);
  }
});

test('a prediction that is always as sure as it is right has no error', () => {
  const z = Math.log(0.75 / 0.25) / 2;
  const predictions = Array.from({ length: 4 }, (_, row) => ({ logits: [-z, z], label: row === 0 ? 0 : 1 }));
  expect(expectedCalibrationError(predictions, 1)).toBeCloseTo(0, 10);
  // All of one bin: accuracy 0.75, confidence near 1.
  expect(expectedCalibrationError(predictions, 0.01)).toBeCloseTo(0.25, 10);
  expect(expectedCalibrationError([], 1)).toBe(0);
});

test('labels stay, and scores are probabilities', () => {
  const logit = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(
      fc.tuple(logit, logit),
      fc.double({ min: 0.05, max: 20, noNaN: true }),
      ([a, b], temperature) => {
        const [p = 0, q = 0] = probabilities([a, b], temperature);
        expect(p + q).toBeCloseTo(1, 10);
        if (Math.abs(a - b) > 1e-6) expect(p >= q).toBe(a >= b);
      },
    ),
  );
});

test('predictions that are all right, all wrong, or none still give a temperature', () => {
  for (const label of [0, 1]) expect(fitTemperature([{ logits: [-2, 2], label }])).toBeGreaterThan(0);
  expect(Number.isFinite(fitTemperature([]))).toBe(true);
});
