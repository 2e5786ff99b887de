/** A predictor's accuracy on evaluation splits, as `evaluate` and `report accuracy` state it. */
import { argmax } from '../core/probabilities.js';
import type { Predictor } from '../serving/predictor.js';
import type { EvaluationSplit, LabelledExample } from '../training/data/labelled.js';

export interface SplitScore {
  readonly data: string;
  readonly rows: number;
  readonly correct: number;
}

export interface Scoring {
  readonly scores: readonly SplitScore[];
  /** Of each example of the first split. */
  readonly logits: ReadonlyMap<LabelledExample, readonly number[]>;
  readonly textsPerSecond: number;
  /** In the network, without segmentation. */
  readonly wordsPerSecond: number;
}

/** Texts that are predicted together. */
const batchSize = 64;

/** @param splits the first holds the examples of the others */
export async function score(
  predictor: Predictor,
  splits: readonly EvaluationSplit[],
  onProgress: (done: number, rows: number) => void = () => undefined,
): Promise<Scoring> {
  const started = performance.now();
  const logits = new Map<LabelledExample, readonly number[]>();
  let [words, inferMs] = [0, 0];
  const all = splits[0]?.examples ?? [];
  for (let start = 0; start < all.length; start += batchSize) {
    const rows = all.slice(start, start + batchSize);
    const batch = await predictor.run(rows.map(({ text }) => ({ text })));
    inferMs += batch.inferMs;
    rows.forEach((row, index) => {
      const prediction = batch.predictions[index];
      logits.set(row, prediction?.logits ?? []);
      words += prediction?.words ?? 0;
    });
    onProgress(start + rows.length, all.length);
  }
  return {
    scores: scoresOf(splits, logits),
    logits,
    textsPerSecond: (1000 * all.length) / (performance.now() - started),
    wordsPerSecond: (1000 * words) / inferMs,
  };
}

/** As it is printed: `dev: 37 of 40, 92.50 %`. */
export function scoreLine({ data, rows, correct }: SplitScore): string {
  return `${data}: ${String(correct)} of ${String(rows)}, ${accuracyText({ rows, correct })}`;
}

/** In percent; a dash where nothing was counted. */
export function accuracyText(score: Pick<SplitScore, 'rows' | 'correct'> | undefined): string {
  if (score === undefined || score.rows === 0) return '–';
  return `${((100 * score.correct) / score.rows).toFixed(2)} %`;
}

export function scoresOf(
  splits: readonly EvaluationSplit[],
  logits: ReadonlyMap<LabelledExample, readonly number[]>,
): SplitScore[] {
  return splits.map(({ name, examples }) => ({
    data: name,
    rows: examples.length,
    correct: examples.filter((example) => argmax(logits.get(example) ?? []) === example.label).length,
  }));
}
