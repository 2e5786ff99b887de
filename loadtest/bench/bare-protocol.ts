/** What the bare loop and its workers tell each other. */
import type { Manifest } from '../../core/bundle/manifest.js';
import { fail } from '../../core/errors.js';

export type Precision = Manifest['variants'][number]['precision'];

export interface BareWorkerData {
  readonly folder: string;
  readonly texts: readonly string[];
  readonly precision: Precision;
  readonly index: number;
  readonly workers: number;
}

/** Null ends the worker, between two texts: terminating it inside ONNX Runtime would abort the process. */
export type BareMessage = BareCommand | null;

/** `tokenised`: one by one, text to ids inside the loop too; otherwise the ids are made before. */
export type BareKind = 'single' | 'tokenised' | 'batches';

/** Rows of the batches. */
export const bareBatch = 8;

export interface BareCommand {
  readonly seconds: number;
  readonly kind: BareKind;
}

export interface BareCount {
  readonly texts: number;
  readonly milliseconds: number;
}

/**
 * The ONNX file of a precision.
 * @throws RetortError bench_variant_missing
 */
export function variantFile(manifest: Manifest, precision: Precision): string {
  const variant = manifest.variants.find((candidate) => candidate.precision === precision);
  if (variant === undefined) {
    throw fail('bench_variant_missing', {
      bundle: `${manifest.name}/${manifest.version}`,
      precision,
      known: manifest.variants.map((candidate) => candidate.precision).join(', '),
    });
  }
  return variant.file;
}
