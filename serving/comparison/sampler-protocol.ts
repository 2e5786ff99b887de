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
  /** Which engine is timed first: whoever asks lets them take turns. */
  readonly staticFirst: boolean;
}

export type SampleReply = SampleResult | SampleFailure;

export interface SampleResult {
  readonly staticMs: number;
  readonly eagerMs: number;
  /** Largest |difference| of a logit. */
  readonly difference: number;
}

export interface SampleFailure {
  /** Why there is no sample. */
  readonly failed: string;
}

export function sampleMessage(
  { folder, manifest: { files } }: SampledModel,
  text: string,
  staticFirst: boolean,
): SampleMessage {
  return { folder, stamp: files.map(({ sha256 }) => sha256).join(), text, staticFirst };
}

/** One key a bundle. */
export function keyOf({ folder, stamp }: ComparedBundle): string {
  return `${folder}\n${stamp}`;
}
