/** What an engine is to the comparison: something that gives logits for a batch, however it computes them. */
import type { Bundle } from '../../core/bundle/read.js';
import type { Tensor } from '../../core/tensor.js';

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
  /**
   * Loads the bundle's fp32 network to compute on exactly `threads` threads.
   * @throws RetortError of kind `unavailable` where the engine cannot run here, or not on so many threads
   */
  prepare(bundle: Bundle, threads: number): Promise<PreparedEngine>;
}

export interface PreparedEngine {
  /** The logits, [rows, classes] row by row. */
  run(batch: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}
