/** The review that is read: what stands in the field, and each model's answer to it. */
import { effect, signal } from '@preact/signals';
import { asFailure, isAbort, type RequestFailure } from '../../api/client.js';
import { predict } from '../../api/predict.js';
import type { ModelState, PredictionAnswer } from '../../api/schemas.js';
import { examples } from './examples.js';
import { panel, query, remember } from '../../shell/route.js';
import { models, server } from '../../shell/server-state.js';

export type Answer =
  | { readonly kind: 'answered'; readonly text: string; readonly answer: PredictionAnswer }
  | { readonly kind: 'failed'; readonly failure: RequestFailure };

/** Begins with an example, so that a first look shows an answer. */
export const review = signal(query.peek().get('text') ?? examples[0] ?? '');

/** By the model's name. An answer stays until the next one is there. */
export const answers = signal<ReadonlyMap<string, Answer>>(new Map());

/** Longest review that the server reads; null while it is not known. */
export function characterLimit(): number | null {
  const state = server.value;
  return state.kind === 'ready' || state.kind === 'loading' ? state.limits.textCharacters : null;
}

export function isReadable(text: string): boolean {
  return text.trim() !== '' && text.length <= (characterLimit() ?? 0);
}

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
  remember('try', { text });
  await Promise.all(
    served.map(async ({ manifest: { name } }) => {
      const answer = await askOne(text, name, gone);
      if (answer === null || gone.aborted) return;
      const known = new Set(served.map(({ manifest }) => manifest.name));
      answers.value = new Map([...answers.value, [name, answer] as const].filter(([one]) => known.has(one)));
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
