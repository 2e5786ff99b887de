/** What an engine is to the comparison: something that gives logits for a batch, however it computes them. */
import type { Bundle } from '../../core/bundle/read.js';
import type { Manifest } from '../../core/bundle/manifest.js';
import type { Tensor } from '../../core/tensor.js';
import type { EngineProfile } from './profile.js';

export type Variant = Manifest['variants'][number];

/** The same tensors go to every engine. */
export interface Batch {
  /** By the names of the network's inputs. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly rows: number;
  /** Tokens, without padding. */
  readonly words: number;
}

export interface Engine {
  readonly name: string;
  /** How it computes, in a few words. */
  readonly description: string;
  /** `stored`: a variant's file as it is. `fp32`: the network's own forward, on weights widened to fp32. */
  readonly computes: 'stored' | 'fp32';
  /**
   * Loads a variant (by default the fp32 one, else the one that is served) to compute on exactly `threads` threads.
   * @throws RetortError of kind `unavailable` where the engine cannot run here, or not on so many threads
   */
  prepare(bundle: Bundle, threads: number, variant?: Variant): Promise<PreparedEngine>;
  /** Where the time of one batch goes. @throws RetortError as prepare */
  profile(bundle: Bundle, threads: number, variant: Variant, batch: Batch): Promise<EngineProfile>;
}

export interface PreparedEngine {
  /** What it computes on, in words. */
  readonly threading: string;
  /** The logits, [rows, classes] row by row. */
  run(batch: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}
