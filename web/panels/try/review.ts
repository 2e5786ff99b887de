/** The review that is read: what stands in the field, and each model's answer to it. */
import { effect, signal } from '@preact/signals';
import { asFailure, isAbort, type RequestFailure } from '../../api/client.js';
import { predict } from '../../api/predict.js';
import type { Attribution, ModelState, PredictionAnswer } from '../../api/schemas.js';
import { isReadable, review } from '../../shell/review-text.js';
import { panel, query, remember } from '../../shell/route.js';
import { models } from '../../shell/server-state.js';

export type Answer =
  | { readonly kind: 'answered'; readonly text: string; readonly answer: PredictionAnswer }
  | { readonly kind: 'failed'; readonly failure: RequestFailure };

/** By the model's name. An answer stays until the next one is there. */
export const answers = signal<ReadonlyMap<string, Answer>>(new Map());

/** By the model's name: what each word adds; of the review that is answered. Absent where a model cannot say. */
export const explanations = signal<ReadonlyMap<string, readonly Attribution[]>>(new Map());

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
      if (answer.kind === 'answered' && tokenizer.kind === wordsKind) await explain(text, name, gone);
    }),
  );
}

async function askOne(text: string, model: string, gone: AbortSignal): Promise<Answer | null> {
  try {
    return { kind: 'answered', text, answer: await predict({ texts: [text], model }, gone) };
  } catch (thrown) {
    return isAbort(thrown) ? null : { kind: 'failed', failure: asFailure(thrown) };
  }
}

/** After the answer, so that it does not wait for what costs a run a word. */
async function explain(text: string, model: string, gone: AbortSignal): Promise<void> {
  try {
    const { results } = await predict({ texts: [text], model, explain: true }, gone);
    const attributions = results[0]?.attributions;
    if (attributions !== undefined && !gone.aborted)
      explanations.value = new Map([...explanations.value, [model, attributions]]);
  } catch {
    // The answer stays as it is, without colours.
  }
}
