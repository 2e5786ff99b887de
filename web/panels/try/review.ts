/** The review that is read: what stands in the field, and each model's answer to it. */
import { effect, signal } from '@preact/signals';
import { asFailure, isAbort, type RequestFailure } from '../../api/client.js';
import { predict } from '../../api/predict.js';
import type { Attribution, Manifest, ModelState, PredictionAnswer } from '../../api/schemas.js';
import { isReadable, review } from '../../shell/review-text.js';
import { panel, query, remember } from '../../shell/route.js';
import { models } from '../../shell/server-state.js';

/** To the review that `text` is, which may not be the one in the field any more. */
export type Answer = { readonly text: string } & (
  | { readonly kind: 'answered'; readonly answer: PredictionAnswer }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }
);

export interface Explanation {
  /** The model's own, whoever answered. */
  readonly label: string;
  /** What each word adds to that label. */
  readonly attributions: readonly Attribution[];
}

/** By the model's name. An answer stays until the next one is there. */
export const answers = signal<ReadonlyMap<string, Answer>>(new Map());

/** By the model's name; of the version and the review that are answered. Absent where a model cannot say. */
export const explanations = signal<ReadonlyMap<string, Explanation>>(new Map());

/** The tokenizer that can say which word an id stands for. */
const wordsKind = 'words';

/** Milliseconds after the last key. */
const pause = 200;

let running = new AbortController();
let asked = '';

/** Asks again when the review or the models change; a review that is typed on leaves its request behind. */
export function followReview(): () => void {
  const stopReading = effect(() => {
    const text = review.value;
    const served = models.value;
    const key = JSON.stringify([text, served.map(({ manifest }) => [manifest.name, manifest.version])]);
    if (key === asked) return;
    asked = key;
    running.abort();
    running = new AbortController();
    if (!isReadable(text)) {
      answers.value = new Map();
      explanations.value = new Map();
      return;
    }
    const { signal: gone } = running;
    setTimeout(() => {
      if (!gone.aborted) void askAll(text, served, gone);
    }, pause);
  });
  const stopLinks = effect(() => {
    const linked = query.value.get('text');
    if (panel.value === 'try' && linked !== null) review.value = linked;
  });
  return () => {
    stopReading();
    stopLinks();
  };
}

export function askAgain(): void {
  const { signal: gone } = running;
  void askAll(review.value, models.value, gone);
}

async function askAll(text: string, served: readonly ModelState[], gone: AbortSignal): Promise<void> {
  if (panel.value === 'try') remember('try', { text });
  explanations.value = new Map();
  await Promise.all(
    served.map(async ({ manifest: { name, tokenizer } }) => {
      const answer = await askOne(text, name, gone);
      if (answer === null || gone.aborted) return;
      const known = new Set(served.map(({ manifest }) => manifest.name));
      answers.value = new Map([...answers.value, [name, answer] as const].filter(([one]) => known.has(one)));
      if (answer.kind === 'answered' && tokenizer.kind === wordsKind)
        await explain(text, { name, version: answer.answer.version }, gone);
    }),
  );
}

async function askOne(text: string, model: string, gone: AbortSignal): Promise<Answer | null> {
  try {
    return { kind: 'answered', text, answer: await predict({ texts: [text], model }, gone) };
  } catch (thrown) {
    return isAbort(thrown) ? null : { kind: 'failed', text, failure: asFailure(thrown) };
  }
}

/**
 * After the answer, so that it does not wait for what costs a run a word.
 * @param version that answered: a canary would be drawn again
 */
async function explain(
  text: string,
  { name: model, version }: Pick<Manifest, 'name' | 'version'>,
  gone: AbortSignal,
): Promise<void> {
  try {
    const { results } = await predict({ texts: [text], model, version, explain: true }, gone);
    const [result] = results;
    if (result?.attributions === undefined || gone.aborted) return;
    const explanation = { label: result.label, attributions: result.attributions };
    explanations.value = new Map([...explanations.value, [model, explanation]]);
  } catch {
    // The answer stays as it is, without colours.
  }
}
