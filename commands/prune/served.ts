/** What the commands that prune say of a bundle before and after: its file, its logits, its accuracy. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../core/bundle/manifest.js';
import type { Bundle } from '../../core/bundle/read.js';
import type { Tokenizer } from '../../core/text/tokenizer.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { type LabelledSplit, measureOn } from '../../export/measure.js';

export interface Served {
  readonly bytes: Uint8Array;
  /** Of `exportPrecisions`. */
  readonly form: string;
  readonly tokenizer: Tokenizer;
}

/** The variant that is served by default. */
export async function servedBy(bundle: Bundle): Promise<Served> {
  const { manifest, folder } = bundle;
  const bytes = await readFile(servedFile(bundle));
  return { bytes, form: formOf(manifest), tokenizer: await loadTokenizer(manifest.tokenizer, folder) };
}

/** Its form; older manifests name no scheme where weights are stored and not computed with. */
export function formOf({ variants: [variant] }: Manifest): string {
  if (variant === undefined || variant.precision === 'fp32') return 'fp32';
  return variant.scheme ?? `${variant.precision}-stored`;
}

export async function sizeOfServed(bundle: Bundle): Promise<number> {
  return (await stat(servedFile(bundle))).size;
}

export async function accuracyOf(
  { bytes, form, tokenizer }: Served,
  splits: readonly LabelledSplit[],
): Promise<Manifest['accuracy']> {
  const found = [];
  for (const split of splits) found.push((await measureOn(bytes, form, split, tokenizer)).accuracy);
  return found;
}

/** The folder NAME/VERSION as where a bundle goes. */
export function placeOf(output: string): Record<'repository' | 'name' | 'version', string> {
  const target = path.resolve(output);
  const folder = path.dirname(target);
  return { repository: path.dirname(folder), name: path.basename(folder), version: path.basename(target) };
}

export function accuracyLines({
  before,
  after,
}: Readonly<Record<'before' | 'after', Manifest['accuracy']>>): string[] {
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  return before.map(
    (had, place) =>
      `  ${had.data}: ${percent(had.accuracy)} before, ${percent(after[place]?.accuracy ?? 0)} after, of ${String(had.rows)}`,
  );
}

export const mebibytes = (size: number) => `${(size / 2 ** 20).toFixed(1)} MiB`;

function servedFile(bundle: Bundle): string {
  return bundle.path(bundle.manifest.variants[0]?.file ?? '');
}
