/** Word vectors: the decomposition they come from, and that words of like contexts lie together. */
import { expect, test } from '@jest/globals';
import { SparseMatrix } from '../../../training/linear/sparse-matrix.js';
import { randomStream } from '../../../training/random.js';
import { leftSingularVectors } from '../../../training/vectors/randomized-svd.js';
import { wordVectors } from '../../../training/vectors/word-vectors.js';

const random = () => randomStream(1, 'word-vectors', 0);

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const places = rows.map((row) => [...row.keys()]);
  return new SparseMatrix(places, rows[0]!.length, (_, row) => rows[row]!);
}

test('the singular values and vectors of a matrix that has known ones', () => {
  // Two orthogonal directions, 5 and 2 long.
  const [u, v] = [
    [0.6, 0.8, 0],
    [-0.8, 0.6, 0],
  ] as const;
  const [s, t] = [
    [0.5, 0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5, -0.5],
  ] as const;
  const matrix = sparse(u.map((_, i) => s.map((_, j) => 5 * u[i]! * s[j]! + 2 * v[i]! * t[j]!)));
  const { values, vectors } = leftSingularVectors(matrix, 3, random());
  expect(values[0]).toBeCloseTo(5, 8);
  expect(values[1]).toBeCloseTo(2, 8);
  expect(Math.abs(vectors[0]!.reduce((sum, value, i) => sum + value * u[i]!, 0))).toBeCloseTo(1, 8);
  expect(Math.abs(vectors[1]!.reduce((sum, value, i) => sum + value * v[i]!, 0))).toBeCloseTo(1, 8);
  expect(leftSingularVectors(matrix, 1, random()).values).toHaveLength(1);
});

test('words that stand among the same words have like vectors; the first ids none', () => {
  // 2 and 3 stand among 4 to 6; 7 and 8 among 9 to 11.
  const stream = randomStream(5, 'shuffle', 0);
  const texts = Array.from({ length: 400 }, () => {
    const [words, contexts] = stream.below(2) === 0 ? [2, 4] : [7, 9];
    return [contexts + stream.below(3), words + stream.below(2), contexts + stream.below(3), 1];
  });
  const [vocabularySize, width] = [12, 4];
  const table = wordVectors(texts, { vocabularySize, width, first: 2 }, random());
  const row = (word: number) => table.subarray(word * width, (word + 1) * width);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosine = (a: number, b: number) =>
    dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
  expect(cosine(2, 3)).toBeGreaterThan(cosine(2, 7) + 0.3);
  expect(cosine(7, 8)).toBeGreaterThan(cosine(8, 3) + 0.3);
  expect([...row(0), ...row(1)].every((value) => value === 0)).toBe(true);
  expect(Math.sqrt(dot(table, table) / table.length)).toBeCloseTo(0.1, 5);
  expect(wordVectors(texts, { vocabularySize, width, first: 2 }, random())).toEqual(table);
});
