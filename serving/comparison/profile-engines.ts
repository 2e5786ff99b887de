/** Where each engine's time goes on one text, beside the text's tokenisation. */
import type { Bundle } from '../../core/bundle/read.js';
import { median } from '../../core/statistics.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { batchesOf } from './batches.js';
import type { Engine, Variant } from './engine.js';
import { networkShape, type Text } from './network.js';
import { profiledRuns, profileWarmupRuns } from './profile.js';
import type { Profile } from './result.js';

/** The text of median length. */
export async function profileEngines(
  bundle: Bundle,
  texts: readonly Text[],
  contestants: readonly { engine: Engine; variant: Variant; entry: { label: string } }[],
  { threads, onProgress }: { threads: number; onProgress?: (what: string) => void },
): Promise<Profile> {
  const sorted = [...texts].sort((a, b) => a.ids.length - b.ids.length);
  const chosen = sorted[Math.floor(sorted.length / 2)];
  const [batch] = batchesOf([chosen?.ids ?? []], 1, networkShape(bundle).inputs);
  if (chosen === undefined || batch === undefined) throw new RangeError('there is no text to profile');
  const engines: Profile['engines'] = [];
  for (const { engine, variant, entry } of contestants) {
    onProgress?.(`${bundle.manifest.name}: profiling ${entry.label}`);
    engines.push({ label: entry.label, ...(await engine.profile(bundle, threads, variant, batch)) });
  }
  const { text, ids } = chosen;
  return { text, tokens: ids.length, tokenisationMs: await tokenisationOf(bundle, text), engines };
}

async function tokenisationOf(bundle: Bundle, text: string): Promise<number> {
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  const times = Array.from({ length: profileWarmupRuns + profiledRuns }, () => {
    const started = performance.now();
    tokenizer.encode(text);
    return performance.now() - started;
  });
  return median(times.slice(profileWarmupRuns));
}
