/** What the sampler and its worker say to each other. */

/** Of each engine. */
export const sampleThreads = 1;

export interface SampleMessage {
  /** The bundle's. */
  readonly folder: string;
  readonly text: string;
}

export interface SampleResult {
  readonly staticMs: number;
  readonly eagerMs: number;
  /** Largest |difference| of a logit. */
  readonly difference: number;
}
