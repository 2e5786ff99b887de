/** The accuracy report: means over seeds with their intervals, the gap closed, and rows that did not run left out. */
import { expect, test } from '@jest/globals';
import { experiments } from '../../../training/report/experiments.js';
import { renderReport } from '../../../training/report/render.js';
import { estimateOf, type Result } from '../../../training/report/results.js';

const result = (experiment: string, seed: number, correct: number): Result => ({
  format: 1,
  experiment,
  seed,
  scores: [{ data: 'dev', rows: 1000, correct }],
  agreement: { data: 'dev', rows: 1000, correct: 950 },
  parameters: 10_000_000,
  bytes: 2 ** 25,
  wordsPerSecond: 12_345.6,
  seconds: 600,
  machine: 'a processor',
  fingerprint: '',
});

const report = (results: readonly Result[]) =>
  renderReport({
    teachers: [
      { title: 'teacher: linear', yardstick: true, scores: [{ data: 'dev', rows: 1000, correct: 930 }] },
      { title: 'teacher: encoder', yardstick: false, scores: [{ data: 'dev', rows: 1000, correct: 940 }] },
    ],
    experiments,
    results,
    command: 'retort report accuracy',
  });

test("the mean's interval is Student's", () => {
  // Standard deviation 1; 4.303 / sqrt(3).
  expect(estimateOf([1, 2, 3])).toEqual({ mean: 2, reach: expect.closeTo(2.484, 3), seeds: 3 });
  expect(estimateOf([2])).toEqual({ mean: 2, reach: null, seeds: 1 });
  expect(estimateOf(Array.from({ length: 40 }, () => 5))).toEqual({ mean: 5, reach: 0, seeds: 40 });
});

test('a row an experiment, and what the distilled student gains', () => {
  const found = report([
    result('alone', 1, 910),
    result('alone', 2, 912),
    result('best', 1, 930),
    result('best', 2, 936),
    result('logits', 1, 915),
  ]);
  expect(found).toContain('| teacher: encoder | 94.00 [92.4, 95.3] |');
  expect(found).toContain(
    '| student alone, on the labels | 91.10 ± 1.27 | 95.00 ± 0.00 | 2 | 10.0 M | 32.0 MiB | 12346 | 10 min |',
  );
  expect(found).toContain('| logits, squared error | 91.50 | 95.00 | 1 |');
  expect(found).toContain(
    '- dev: 2.20 ± 2.54 points above the student alone, 76 % of the gap to the teacher closed; 0.30 points above the ' +
      'linear yardstick (less than half a point: the linear model does nearly as well).',
  );
  expect(found).not.toContain('temperature 2');
  expect(found).toContain('Training took 0.8 hours in all, on a processor.');
});

test('what was not measured is not printed as a number', () => {
  const nowhere = { ...result('alone', 1, 910), scores: [], agreement: null };
  expect(report([nowhere])).toContain('| student alone, on the labels | – | – | 1 |');
  expect(report([nowhere, result('alone', 2, 912)])).toContain('| 91.20 (of 1) | 95.00 (of 1) | 2 |');
  expect(report([nowhere, result('best', 1, 930)])).not.toMatch(/NaN|Infinity|above the student/);
  const empty = { ...nowhere, scores: [{ data: 'dev', rows: 0, correct: 0 }] };
  expect(report([empty])).toContain('| – | – | 1 |');
});

test('a student below the yardstick is said to be', () => {
  const found = report([result('alone', 1, 900), result('best', 1, 920)]);
  expect(found).toContain('2.00 points above the student alone');
  expect(found).toContain('**1.00 points below the linear yardstick**');
});

test('the gap that is closed is that of the seeds that both were measured with', () => {
  const found = report([result('alone', 1, 910), result('alone', 2, 920), result('best', 1, 930)]);
  expect(found).toContain(
    '- dev: 2.00 points above the student alone, 67 % of the gap to the teacher closed',
  );
});

test('every experiment has a name of its own', () => {
  expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
});
