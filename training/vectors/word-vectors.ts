/** Word vectors from texts alone: what an embedding starts from. */
import type { Random } from '../random.js';
import { positivePmi } from './pointwise-mutual-information.js';
import { leftSingularVectors } from './randomized-svd.js';

/** Root mean square of an element: about that of a table that is drawn at random. */
const scale = 0.1;

/**
 * The left singular vectors of the texts' PPMI matrix, each times the root of its singular value (Levy et al., 2015,
 * section 3.3): [vocabulary, width], row by row. Ids below `first` have the vector 0.
 */
export function wordVectors(
  texts: Iterable<readonly number[]>,
  { vocabularySize, width, first }: { vocabularySize: number; width: number; first: number },
  random: Random,
): Float32Array {
  const { values, vectors } = leftSingularVectors(positivePmi(texts, vocabularySize, first), width, random);
  const table = new Float32Array(vocabularySize * width);
  vectors.forEach((vector, place) => {
    const weight = Math.sqrt(values[place] ?? 0);
    vector.forEach((value, word) => {
      table[word * width + place] = weight * value;
    });
  });
  const squares = table.reduce((sum, value) => sum + value * value, 0);
  const factor = squares === 0 ? 0 : scale / Math.sqrt(squares / table.length);
  return table.map((value) => factor * value);
}
