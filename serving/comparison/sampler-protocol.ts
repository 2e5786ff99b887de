/** What the sampler and its worker say to each other. */
import type { Manifest } from '../../core/bundle/manifest.js';

/** Of each engine. */
export const sampleThreads = 1;

/** What samples are asked of. */
export interface SampledModel {
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface ComparedBundle {
  readonly folder: string;
  /** Another one where the bundle was replaced in place. */
  readonly stamp: string;
}

export interface SampleMessage extends ComparedBundle {
  readonly text: string;
}

export interface SampleResult {
  readonly staticMs: number;
  readonly eagerMs: number;
  /** Largest |difference| of a logit. */
  readonly difference: number;
}

export function sampleMessage({ folder, manifest: { files } }: SampledModel, text: string): SampleMessage {
  return { folder, stamp: files.map(({ sha256 }) => sha256).join(), text };
}
