/** What the edges ask for: items in, labelled results out. Cache, cascade, shadow and comparison are behind it. */
import { fail, type RetortError } from '../../core/errors.js';
import { argmax, probabilities } from '../../core/probabilities.js';
import type { Piece } from '../../core/text/tokenizer.js';
import type { Cascade, Decision } from '../cascade/cascade.js';
import type { GoneSignal } from '../gone-signal.js';
import { type Attribution, explain } from './explain.js';
import type { Metrics } from '../metrics.js';
import type { ModelRegistry, ServedModel } from '../model-registry.js';
import type { Item, Prediction } from '../predictor.js';
import type { ResultCache } from '../result-cache.js';
import type { StageTimes } from '../scheduler/queue.js';
import type { Shadow } from '../shadow/shadow.js';

export interface InferenceCall {
  /** The default model where it is absent. */
  readonly model?: string | undefined;
  /** A version, `stable` or `canary`. */
  readonly version?: string | undefined;
  readonly items: readonly Item[];
  /** On the clock. */
  readonly deadlineMs: number;
  /** Aborted when the client is gone. */
  readonly signal?: GoneSignal;
  /** A canary's share is drawn by it. */
  readonly requestId: string;
  /** Whether a teacher may answer instead. */
  readonly cascade?: boolean;
}

export interface Result {
  readonly logits: readonly number[];
  readonly label: string;
  /** Of the label, calibrated. */
  readonly score: number;
  /** The one that answered: the cascade's teacher, or the model that was asked. */
  readonly model: ServedModel;
  /** The teacher should have been asked, and could not be. */
  readonly degraded: boolean;
}

export interface Inferred {
  /** The version that was asked. */
  readonly model: ServedModel;
  /** In the order of the items. */
  readonly results: readonly Result[];
  readonly times: StageTimes;
}

export interface InferenceOptions {
  readonly registry: ModelRegistry;
  readonly metrics: Metrics;
  /** null: off. */
  readonly cache: ResultCache | null;
  readonly cascade: Cascade | null;
  readonly shadow: Shadow | null;
  /** Runs that a text is explained by at most. */
  readonly explainRuns: number;
  /** Called with every text that was answered alone. */
  readonly onAnswered: ((model: ServedModel, text: string) => void) | null;
}

const noTimes: StageTimes = { queueMs: 0, batchWaitMs: 0, tokenizeMs: 0, inferMs: 0 };

export class InferenceService {
  readonly #options: InferenceOptions;

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /** What every request is refused with now, whatever it asks for; null where that depends on the request. */
  get refusal(): RetortError | null {
    const { cache, registry } = this.#options;
    if (cache !== null) return null;
    return registry.isFull ? (registry.models[0]?.queue.refusalOf(1) ?? null) : null;
  }

  /** @throws RetortError model_not_ready, model_unknown, queue_full, queue_too_long, deadline_exceeded, client_gone, of the workers */
  async infer(call: InferenceCall): Promise<Inferred> {
    const { registry, cascade } = this.#options;
    const { items } = call;
    const model = registry.find(call.model, call.version, call.requestId);
    const { predictions, times } = await this.#predict(model, items, call);
    const texts = items.flatMap((item) => ('text' in item ? [item.text] : []));
    const decisions =
      call.cascade === true && cascade?.covers(model) === true && texts.length === items.length
        ? await cascade.decide(model, texts, predictions, call)
        : predictions.map((prediction) => ({ model, prediction, degraded: false }));
    this.#sample(model, texts, predictions);
    return { model, results: decisions.map(resultOf), times };
  }

  /** @throws RetortError explain_unsupported, and those of infer */
  async explain(
    text: string,
    call: Omit<InferenceCall, 'items'>,
  ): Promise<Inferred & { readonly attributions: readonly Attribution[] }> {
    const { registry, explainRuns } = this.#options;
    const model = registry.find(call.model, call.version, call.requestId);
    const { prediction, attributions, ...times } = await explain(model, text, explainRuns, call);
    return { model, results: [resultOf({ model, prediction, degraded: false })], times, attributions };
  }

  /** @throws RetortError explain_unsupported where the tokenizer cannot say, and those of infer */
  async pieces(
    text: string,
    call: Omit<InferenceCall, 'items'>,
  ): Promise<Pick<Inferred, 'model' | 'times'> & { readonly pieces: readonly Piece[] }> {
    const model = this.#options.registry.find(call.model, call.version, call.requestId);
    const { deadlineMs, signal } = call;
    const answer = await model.queue.submit({ items: [{ text, pieces: true }], deadlineMs, signal });
    const { predictions, ...times } = answer;
    const pieces = predictions[0]?.pieces;
    if (pieces === undefined) throw fail('explain_unsupported', {});
    return { model, times, pieces };
  }

  async #predict(model: ServedModel, items: readonly Item[], { deadlineMs, signal }: InferenceCall) {
    const known = items.map((item) => this.#lookUp(model, item));
    const missing = items.filter((_, index) => known[index] === undefined);
    if (missing.length === 0) return { predictions: known as Prediction[], times: noTimes };
    const { predictions: found, ...times } = await model.queue.submit({ items: missing, deadlineMs, signal });
    const fresh = found.values();
    const predictions = items.map((item, index) => {
      const prediction = known[index] ?? fresh.next().value ?? { logits: [], words: 0 };
      if (known[index] === undefined && 'text' in item)
        this.#options.cache?.set(model, item.text, prediction);
      return prediction;
    });
    return { predictions, times };
  }

  #lookUp(model: ServedModel, item: Item): Prediction | undefined {
    const { cache, metrics } = this.#options;
    if (cache === null || !('text' in item)) return undefined;
    const found = cache.get(model, item.text);
    const result = found === undefined ? 'miss' : 'hit';
    metrics.scheduler.cacheRequests.inc({ model: model.manifest.name, result });
    return found;
  }

  #sample(model: ServedModel, texts: readonly string[], predictions: readonly Prediction[]): void {
    const { shadow, onAnswered } = this.#options;
    texts.forEach((text, index) => {
      const prediction = predictions[index];
      if (prediction !== undefined) void shadow?.offer(model, text, prediction);
    });
    const [only] = texts;
    if (texts.length === 1 && only !== undefined) onAnswered?.(model, only);
  }
}

function resultOf({ model, prediction: { logits }, degraded }: Decision): Result {
  const { labels, calibration } = model.manifest;
  const scores = probabilities(logits, calibration?.temperature);
  const best = argmax(scores);
  return { logits, label: labels[best] ?? '', score: scores[best] ?? 0, model, degraded };
}
