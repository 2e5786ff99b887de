/** What the commands that prune share: the bundle that is written, and what is said of it before and after. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../core/bundle/manifest.js';
import type { Bundle } from '../../core/bundle/read.js';
import { placeOfBundle } from '../../core/bundle/write.js';
import type { Tokenizer } from '../../core/text/tokenizer.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { weightFormNamed } from '../../core/weight-form.js';
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
  return {
    bytes,
    form: formsOf(manifest.variants)[0],
    tokenizer: await loadTokenizer(manifest.tokenizer, folder),
  };
}

function formsOf([first, ...others]: Manifest['variants']): NetworkExportOptions['precisions'] {
  return [first === undefined ? 'fp32' : formOfVariant(first), ...others.map(formOfVariant)];
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
  /** The forms of the bundle before by default. */
  readonly precision?: NetworkExportOptions['precisions'];
  readonly force?: true;
  readonly splits: readonly LabelledSplit[];
  readonly calibrationTexts: readonly string[];
  /** What was pruned, for the lineage. */
  readonly pruning: object;
}

/** What `output` names. */
function placeNamed(output: string): { repository: string; name: string; version: string } {
  const target = path.resolve(output);
  const folder = path.dirname(target);
  return { repository: path.dirname(folder), name: path.basename(folder), version: path.basename(target) };
}

/** Asked before long work. @throws RetortError bundle_exists, and others of the name */
export async function checkOutput(output: string, replace: boolean): Promise<void> {
  const place = placeNamed(output);
  await placeOfBundle(place.repository, place, { replace });
}

/** Writes what is left of a bundle as a bundle. @throws RetortError of `exportNetwork` */
export async function writePruned(
  { manifest: { name, version, variants } }: Bundle,
  source: ExportSource,
  { output, precision, force, splits, calibrationTexts, pruning }: PrunedOutput,
): Promise<ExportReport> {
  const { lineage } = source;
  const pruned = { ...pruning, from: `${name}/${version}` };
  const [first] = variants;
  const [weights] = variants.flatMap((variant) => weightFormNamed(variant.weights ?? '')?.form ?? []);
  return exportNetwork(
    { ...source, lineage: { ...lineage, settings: { ...lineage.settings, pruned } } },
    {
      ...placeNamed(output),
      precisions: precision ?? formsOf(variants),
      ...(first === undefined ? {} : { versions: { opset: first.opset, irVersion: first.irVersion } }),
      latency: variants.some((variant) => variant.latency === true),
      ...(weights === undefined ? {} : { weights }),
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
