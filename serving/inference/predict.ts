/** Texts in, labels with scores out: what `POST /v1/predict` answers. */
import { fail } from '../../core/errors.js';
import { checkTexts } from './check-texts.js';
import type { ServingContext } from './context.js';
import type { Attribution } from './explain.js';
import type { Inferred } from './service.js';
import { type Call, submit, timed } from './submit.js';

export interface PredictRequest {
  readonly texts: readonly string[];
  /** The default model where it is absent. */
  readonly model?: string | undefined;
  /** `stable`, `canary` or a version; drawn between the two labels where it is absent. */
  readonly version?: string | undefined;
  /** Whether each result has the network's logits. */
  readonly logits: boolean;
  /** Whether the result has what each piece of the text adds; of a single text. */
  readonly explain: boolean;
}

export interface TextResult {
  readonly label: string;
  /** The label's probability, calibrated where the model is. */
  readonly score: number;
  readonly logits?: readonly number[];
  /** The teacher that answered instead. */
  readonly answered_by?: string;
  /** A teacher should have been asked, and could not be. */
  readonly degraded?: true;
  readonly attributions?: readonly Attribution[];
}

export interface PredictResponse {
  readonly model: string;
  readonly version: string;
  /** One a text, in order. */
  readonly results: readonly TextResult[];
  readonly timings: {
    readonly queueMs: number;
    readonly tokenizeMs: number;
    readonly inferMs: number;
    readonly totalMs: number;
  };
}

/** @throws RetortError explain_too_many, of the limits, of the registry and of the queue */
export async function predict(
  context: ServingContext,
  { texts, model: name, version, logits: withLogits, explain }: PredictRequest,
  call: Call,
): Promise<PredictResponse> {
  checkTexts(texts, context.limits);
  if (explain && texts.length > 1) throw fail('explain_too_many', { texts: texts.length });
  const asked = { model: name, version, cascade: true };
  const [first = ''] = texts;
  const inferred: Answered = explain
    ? await timed(context, call, (limits) => context.inference.explain(first, { ...asked, ...limits }))
    : await submit(
        context,
        texts.map((text) => ({ text })),
        asked,
        call,
      );
  const { model, attributions } = inferred;
  const answeredMs = performance.now();
  const results = inferred.results.map(({ label, score, logits, degraded, model: by }): TextResult => ({
    label,
    score,
    ...(withLogits ? { logits } : {}),
    ...(by === model ? {} : { answered_by: by.manifest.name }),
    ...(degraded ? { degraded } : {}),
    ...(attributions === undefined ? {} : { attributions }),
  }));
  const endMs = performance.now();
  call.timeline.add('postprocess', answeredMs, endMs);
  const { queueMs, tokenizeMs, inferMs } = inferred.times;
  return {
    model: model.manifest.name,
    version: model.manifest.version,
    results,
    timings: { queueMs, tokenizeMs, inferMs, totalMs: endMs - call.timeline.startedMs },
  };
}

type Answered = Inferred & { readonly attributions?: readonly Attribution[] };
