/** The model in this browser: not asked for, on its way, there, or impossible. */
import { signal } from '@preact/signals';
import { asFailure, type RequestFailure } from '../../api/client.js';
import type { ModelState } from '../../api/schemas.js';
import { availableThreads, BrowserModel } from './browser-model.js';
import type { Engine } from './worker-protocol.js';

export type LoadState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly received: number; readonly total: number; readonly cached: boolean }
  | {
      readonly kind: 'ready';
      readonly model: BrowserModel;
      readonly served: ModelState;
      readonly engine: Engine;
    }
  | { readonly kind: 'failed'; readonly failure: RequestFailure };

export const loadState = signal<LoadState>({ kind: 'idle' });

export async function loadInBrowser(served: ModelState, engine: Engine): Promise<void> {
  if (loadState.value.kind === 'loading') return;
  if (loadState.value.kind === 'ready') loadState.value.model.close();
  const { name, version, variants, files } = served.manifest;
  const file = files.find(({ path }) => path === variants[0]?.file);
  if (file === undefined) return;
  const url = `/v1/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/files/${encodeURIComponent(file.path)}`;
  loadState.value = { kind: 'loading', received: 0, total: file.bytes, cached: false };
  try {
    const model = await BrowserModel.load(
      {
        kind: 'load',
        engine,
        threads: availableThreads(),
        model: { url, bytes: file.bytes, sha256: file.sha256 },
      },
      (received, total, cached) => {
        loadState.value = { kind: 'loading', received, total, cached };
      },
    );
    loadState.value = { kind: 'ready', model, served, engine };
  } catch (thrown) {
    loadState.value = { kind: 'failed', failure: asFailure(thrown) };
  }
}
