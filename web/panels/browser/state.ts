/** The model in this browser: not asked for, on its way, there, or impossible. */
import { signal } from '@preact/signals';
import { ask, asFailure, type RequestFailure } from '../../api/client.js';
import { keyHeaders } from '../../api/key.js';
import { modelFileUrl } from '../../api/model-file.js';
import { goldenSchema, type Manifest, type ModelState, type Variant } from '../../api/schemas.js';
import { availableThreads, BrowserModel, REFUSED } from './browser-model.js';
import { candidates } from './candidates.js';
import type { Engine } from './worker-protocol.js';

export type LoadState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly received: number; readonly total: number; readonly cached: boolean }
  | {
      readonly kind: 'ready';
      readonly model: BrowserModel;
      readonly served: ModelState;
      /** What runs here. */
      readonly variant: Variant;
      /** How near the server's logits should be; null where the server runs another variant. */
      readonly tolerance: number | null;
      /** Why the server's variant does not run here; null where it does. */
      readonly refusal: RequestFailure | null;
      readonly engine: Engine;
    }
  | { readonly kind: 'failed'; readonly failure: RequestFailure };

export const loadState = signal<LoadState>({ kind: 'idle' });

export async function loadInBrowser(served: ModelState, engine: Engine): Promise<void> {
  if (loadState.value.kind === 'loading') return;
  if (loadState.value.kind === 'ready') loadState.value.model.close();
  let refusal: RequestFailure | null = null;
  for (const variant of candidates(served)) {
    const bytes = fileOf(served.manifest, variant)?.bytes ?? 0;
    loadState.value = { kind: 'loading', received: 0, total: bytes, cached: false };
    try {
      const tolerance = variant.file === served.file ? await toleranceOf(served.manifest, variant) : null;
      const model = await loadVariant(served.manifest, variant, engine);
      loadState.value = { kind: 'ready', model, served, variant, tolerance, refusal, engine };
      return;
    } catch (thrown) {
      refusal = asFailure(thrown);
      if (refusal.code !== REFUSED) break;
    }
  }
  if (refusal !== null) loadState.value = { kind: 'failed', failure: refusal };
}

/** Closes the model where the server runs another one by now: two versions are not compared. */
export function closeReplaced(served: ModelState): void {
  const state = loadState.value;
  if (state.kind !== 'ready' || contentOf(state.served) === contentOf(served)) return;
  state.model.close();
  loadState.value = { kind: 'idle' };
}

/** A version that was replaced in place has other sums. */
function contentOf({ file, manifest: { name, version, files } }: ModelState): string {
  return JSON.stringify([name, version, file, files.map(({ path, sha256 }) => [path, sha256])]);
}

async function loadVariant(manifest: Manifest, variant: Variant, engine: Engine): Promise<BrowserModel> {
  const { bytes = 0, sha256 = '' } = fileOf(manifest, variant) ?? {};
  const url = modelFileUrl(manifest, variant.file);
  const model = { url, headers: keyHeaders(), bytes, sha256 };
  return BrowserModel.load(
    { kind: 'load', engine, threads: availableThreads(), model },
    (received, total, cached) => {
      loadState.value = { kind: 'loading', received, total, cached };
    },
  );
}

function fileOf({ files }: Manifest, { file }: Variant) {
  return files.find(({ path }) => path === file);
}

async function toleranceOf(manifest: Manifest, { golden = 'golden.json' }: Variant): Promise<number> {
  return (await ask(modelFileUrl(manifest, golden), goldenSchema)).tolerance;
}
