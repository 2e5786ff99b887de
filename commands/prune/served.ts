/** What the commands that prune share: the bundle that is written, and what is said of it before and after. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../core/bundle/manifest.js';
import type { Bundle } from '../../core/bundle/read.js';
import type { Tokenizer } from '../../core/text/tokenizer.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { formOfVariant } from '../../export/form.js';
import { type LabelledSplit, measureOn } from '../../export/measure.js';
import { exportNetwork, type ExportReport, type NetworkExportOptions } from '../../export/run-to-bundle.js';
import type { ExportSource } from '../../export/sources/source.js';
import { accuracyText } from '../scoring.js';

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

function formOf({ variants: [variant] }: Pick<Manifest, 'variants'>): string {
  return variant === undefined ? 'fp32' : formOfVariant(variant);
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

export interface PrunedOutput {
  /** The folder NAME/VERSION. */
  readonly output: string;
  /** The form of the bundle before by default. */
  readonly precision?: NetworkExportOptions['precisions'];
  readonly force?: true;
  readonly splits: readonly LabelledSplit[];
  readonly calibrationTexts: readonly string[];
  /** What was pruned, for the lineage. */
  readonly pruning: object;
}

/** Writes what is left of a bundle as a bundle. @throws RetortError of `exportNetwork` */
export async function writePruned(
  { manifest: { name, version, variants } }: Bundle,
  source: ExportSource,
  { output, precision, force, splits, calibrationTexts, pruning }: PrunedOutput,
): Promise<ExportReport> {
  const target = path.resolve(output);
  const folder = path.dirname(target);
  const { lineage } = source;
  const pruned = { ...pruning, from: `${name}/${version}` };
  return exportNetwork(
    { ...source, lineage: { ...lineage, settings: { ...lineage.settings, pruned } } },
    {
      repository: path.dirname(folder),
      name: path.basename(folder),
      version: path.basename(target),
      precisions: precision ?? [formOf({ variants })],
      splits,
      notes: null,
      replace: force === true,
      now: new Date(),
      calibrationTexts,
    },
  );
}

export function accuracyLines({
  before,
  after,
}: Readonly<Record<'before' | 'after', Manifest['accuracy']>>): string[] {
  return before.map(
    (had, place) =>
      `  ${had.data}: ${accuracyText(had)} before, ${accuracyText(after[place])} after, of ${String(had.rows)}`,
  );
}

export const mebibytes = (size: number) => `${(size / 2 ** 20).toFixed(1)} MiB`;

function servedFile(bundle: Bundle): string {
  return bundle.path(bundle.manifest.variants[0]?.file ?? '');
}
