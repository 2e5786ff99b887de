/** Whether the server answers, and what it serves. */
import { computed, signal } from '@preact/signals';
import { ask, asFailure, OFFLINE, type RequestFailure } from '../api/client.js';
import { type Limits, type ModelState, modelsSchema, type RepositoryVersion } from '../api/schemas.js';

export type ServerState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'loading'; readonly limits: Limits }
  | {
      readonly kind: 'ready';
      readonly limits: Limits;
      readonly models: readonly ModelState[];
      readonly repository: readonly RepositoryVersion[];
    }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }
  | { readonly kind: 'offline' };

export const server = signal<ServerState>({ kind: 'connecting' });

/** Those that answer; the first is the default. */
export const models = computed<readonly ModelState[]>(() =>
  server.value.kind === 'ready' ? server.value.models : [],
);

/** Milliseconds between two looks. */
const interval = { ready: 5000, otherwise: 1000 };

let timer = 0;
let seen = '';

export async function lookAtServer(): Promise<void> {
  clearTimeout(timer);
  const state = await readState();
  // A state that did not change re-renders nothing.
  const text = JSON.stringify(state);
  if (text !== seen) server.value = state;
  seen = text;
  if (!document.hidden) {
    const wait = interval[state.kind === 'ready' ? 'ready' : 'otherwise'];
    timer = window.setTimeout(() => void lookAtServer(), wait);
  }
}

async function readState(): Promise<ServerState> {
  try {
    const { models: served, limits, repository } = await ask('/v1/models', modelsSchema);
    const ready = served.filter((model) => model.ready);
    return ready.length > 0
      ? { kind: 'ready', limits, models: ready, repository }
      : { kind: 'loading', limits };
  } catch (thrown) {
    const failure = asFailure(thrown);
    return failure.code === OFFLINE ? { kind: 'offline' } : { kind: 'failed', failure };
  }
}

export function followServer(): void {
  void lookAtServer();
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void lookAtServer();
  });
}
