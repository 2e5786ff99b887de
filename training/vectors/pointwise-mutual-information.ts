/**
 * Positive pointwise mutual information of words and the words near them, a sparse matrix [words, words]:
 *
 *     ppmi(w, c) = max(0, ln( n(w, c) sum_c' n(c')^a / (n(w) n(c)^a) ))
 *
 * n(w, c) counts each pair at most `window` words apart, 1 / distance each, and is left out below `leastCount`; a smooths the contexts, so that rare ones
 * do not win. Source: Levy, Goldberg and Dagan, Improving Distributional Similarity with Lessons Learned from Word
 * Embeddings, TACL 2015, sections 2 and 3.
 */
import { SparseMatrix } from '../linear/sparse-matrix.js';

const window = 5;
const smoothing = 0.75;
/** What is met once, further apart, says little and is most of the pairs. */
const leastCount = 1;

/** @param texts word ids; those below `first` (padding, unknown words) are no words and no contexts */
export function positivePmi(
  texts: Iterable<readonly number[]>,
  vocabularySize: number,
  first: number,
): SparseMatrix {
  const pairs = Array.from({ length: vocabularySize }, () => new Map<number, number>());
  for (const ids of texts) {
    ids.forEach((word, at) => {
      const end = Math.min(ids.length, at + window + 1);
      for (let near = at + 1; near < end; near += 1) {
        const context = ids[near] ?? 0;
        if (word < first || context < first) continue;
        add(pairs[word], context, 1 / (near - at));
        add(pairs[context], word, 1 / (near - at));
      }
    });
  }
  const totals = pairs.map((contexts) => sum(contexts.values()));
  const smoothed = totals.map((total) => total ** smoothing);
  const all = sum(smoothed);
  const rows = pairs.map((contexts, word) =>
    [...contexts]
      .filter(([, count]) => count >= leastCount)
      .map(([context, count]): [number, number] => [
        context,
        Math.log((count * all) / ((totals[word] ?? 0) * (smoothed[context] ?? 0))),
      ])
      .filter(([, information]) => information > 0)
      .sort(([a], [b]) => a - b),
  );
  return new SparseMatrix(
    rows.map((row) => row.map(([context]) => context)),
    vocabularySize,
    (_, row) => (rows[row] ?? []).map(([, information]) => information),
  );
}

function add(counts: Map<number, number> | undefined, key: number, amount: number): void {
  counts?.set(key, (counts.get(key) ?? 0) + amount);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
