/**
 * The largest singular values of a sparse matrix and their left singular vectors, by subspace iteration from a random
 * start. Source: Halko, Martinsson and Tropp, Finding Structure with Randomness, SIAM Review 2011, algorithms 4.4, 5.1.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { SparseMatrix } from '../linear/sparse-matrix.js';
import type { Random } from '../random.js';

export interface SingularVectors {
  /** Falling. */
  readonly values: readonly number[];
  /** [rows] each, of length 1. */
  readonly vectors: readonly Float64Array[];
}

/** Directions beyond those that are wanted: the last of them are the least exact. */
const oversampling = 16;
const iterations = 2;

/** At most `count` of them: a matrix of lower rank, or smaller, has fewer. */
export function leftSingularVectors(matrix: SparseMatrix, count: number, random: Random): SingularVectors {
  const size = Math.min(count + oversampling, matrix.rows, matrix.columns);
  const start = Array.from({ length: size }, () =>
    Float64Array.from({ length: matrix.columns }, () => 2 * random.uniform() - 1),
  );
  let image = start.map((column) => matrix.times(column));
  for (let iteration = 0; iteration < iterations; iteration += 1)
    image = image.map((column) => matrix.times(matrix.transposeTimes(column)));
  // Only now: five factors of a word matrix's spectrum are far from using up a double's digits.
  const basis = orthonormal(image);
  // With A near Q Q' A: the eigenvectors of (Q' A)(Q' A)' turn Q into the singular vectors.
  const projected = basis.map((column) => matrix.transposeTimes(column));
  const gram = projected.map((a) => projected.map((b) => dot(a, b)));
  if (gram.length === 0) return { values: [], vectors: [] };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(gram), {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((value, place) => ({ value, place }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count);
  return {
    values: order.map(({ value }) => Math.sqrt(Math.max(0, value))),
    vectors: order.map(({ place }) => combined(basis, eigenvectorMatrix.getColumn(place))),
  };
}

/** Gram and Schmidt, each column twice; those that depend on the ones before are left out. */
function orthonormal(columns: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const rest = Float64Array.from(column);
    const before = norm(rest);
    for (let pass = 0; pass < 2; pass += 1) for (const one of basis) subtract(rest, dot(rest, one), one);
    const length = norm(rest);
    if (length > 1e-10 * before) basis.push(rest.map((value) => value / length));
  }
  return basis;
}

function combined(basis: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const found = new Float64Array(basis[0]?.length ?? 0);
  basis.forEach((column, place) => {
    subtract(found, -(weights[place] ?? 0), column);
  });
  return found;
}

/** a -= factor * b */
function subtract(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i += 1) a[i] = (a[i] ?? 0) - factor * (b[i] ?? 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i += 1) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
