/** Texts in, labels with scores out: what `POST /v1/predict` answers. */
import { probabilities } from '../../core/probabilities.js';
import type { ServedModel } from '../model-registry.js';
import type { Prediction } from '../predictor.js';
import { checkTexts } from './check-texts.js';
import type { ServingContext } from './context.js';
import { type Call, submit } from './submit.js';

export interface PredictRequest {
  readonly texts: readonly string[];
  /** The default model where it is absent. */
  readonly model?: string | undefined;
  /** Whether each result has the network's logits. */
  readonly logits: boolean;
}

export interface Classification {
  readonly label: string;
  /** The label's probability, calibrated where the model is. */
  readonly score: number;
}

export interface PredictResponse {
  readonly model: string;
  readonly version: string;
  /** One a text, in order. */
  readonly results: readonly (Classification & { readonly logits?: readonly number[] })[];
  readonly timings: {
    readonly queueMs: number;
    readonly tokenizeMs: number;
    readonly inferMs: number;
    readonly totalMs: number;
  };
}

/** @throws RetortError of the limits, of the registry and of the queue */
export async function predict(
  context: ServingContext,
  { texts, model: name, logits: withLogits }: PredictRequest,
  call: Call,
): Promise<PredictResponse> {
  checkTexts(texts, context.limits);
  const model = context.registry.find(name);
  const answer = await submit(
    context,
    model,
    texts.map((text) => ({ text })),
    call,
  );
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) context.onAnswered?.(model, only);
  const answeredMs = performance.now();
  const results = answer.predictions.map((prediction) => ({
    ...classify(model, prediction),
    ...(withLogits ? { logits: prediction.logits } : {}),
  }));
  const endMs = performance.now();
  call.timeline.add('post_process', answeredMs, endMs);
  const { queueMs, tokenizeMs, inferMs } = answer;
  return {
    model: model.manifest.name,
    version: model.manifest.version,
    results,
    timings: { queueMs, tokenizeMs, inferMs, totalMs: endMs - call.timeline.startedMs },
  };
}

/** The likeliest label of a prediction. */
export function classify({ manifest }: ServedModel, { logits }: Prediction): Classification {
  const scores = probabilities(logits, manifest.calibration?.temperature);
  const best = scores.indexOf(Math.max(...scores));
  return { label: manifest.labels[best] ?? '', score: scores[best] ?? 0 };
}
