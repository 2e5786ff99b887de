/** Which pieces of a text its label rests on: each is left out in turn, in one bounded batch through the queue. */
import { fail } from '../../core/errors.js';
import { argmax, probabilities } from '../../core/probabilities.js';
import type { Piece } from '../../core/text/tokenizer.js';
import type { ServedModel } from '../model-registry.js';
import type { Prediction } from '../predictor.js';
import type { StageTimes, Submission } from '../scheduler/queue.js';

export interface Attribution {
  /** As it stands in the normalised text. */
  readonly text: string;
  /** The score of the whole text's label, less that without this piece: positive where it speaks for the label. */
  readonly weight: number;
}

export interface Explanation extends StageTimes {
  readonly prediction: Prediction;
  readonly attributions: readonly Attribution[];
}

/** @param mostRuns a text of more pieces is explained by runs of neighbouring pieces */
export async function explain(
  { queue, manifest }: ServedModel,
  text: string,
  mostRuns: number,
  call: Pick<Submission, 'deadlineMs' | 'signal'>,
): Promise<Explanation> {
  const whole = await queue.submit({ ...call, items: [{ text, pieces: true }] });
  const [prediction] = whole.predictions;
  const pieces = prediction?.pieces;
  if (prediction === undefined || pieces === undefined) throw fail('explain_unsupported', {});
  const runs = runsOf(pieces, mostRuns);
  const without = await queue.submit({ ...call, items: runs.map((run) => withoutRun(pieces, run)) });
  const temperature = manifest.calibration?.temperature;
  const scores = probabilities(prediction.logits, temperature);
  const label = argmax(scores);
  const attributions = runs.map(([start, end], index) => ({
    text: pieces
      .slice(start, end)
      .map((piece) => piece.text)
      .join(''),
    weight:
      (scores[label] ?? 0) -
      (probabilities(without.predictions[index]?.logits ?? [], temperature)[label] ?? 0),
  }));
  return {
    prediction,
    attributions,
    queueMs: whole.queueMs + without.queueMs,
    batchWaitMs: whole.batchWaitMs + without.batchWaitMs,
    tokenizeMs: whole.tokenizeMs + without.tokenizeMs,
    inferMs: whole.inferMs + without.inferMs,
  };
}

type Run = readonly [start: number, end: number];

/** Runs of equal length or nearly, at most `most`, that together are all pieces. */
export function runsOf(pieces: readonly Piece[], most: number): Run[] {
  const count = Math.min(most, pieces.length);
  return Array.from({ length: count }, (_, run) => [
    Math.floor((run * pieces.length) / count),
    Math.floor(((run + 1) * pieces.length) / count),
  ]);
}

/** What is left of a single run is an empty text. */
function withoutRun(pieces: readonly Piece[], [start, end]: Run) {
  const ids = [...pieces.slice(0, start), ...pieces.slice(end)].map(({ id }) => id);
  return ids.length === 0 ? { text: '' } : { ids };
}
