/** What a bench of exported graphs times: one form of one graph, ready to run. */
import type { Tensor } from '../../core/tensor.js';

export type Feeds = Readonly<Record<string, Tensor>>;

export interface Contestant {
  readonly name: string;
  readonly precision: 'fp32' | 'bf16' | 'int8';
  /** Of the file; null where a runtime compiles it as it likes. */
  readonly nodes: number | null;
  readonly bytes: number;
  /** Compiled for so many threads. */
  open(threads: number): Promise<Runner>;
}

export interface Run {
  readonly milliseconds: number;
  /** Of processor time, over all threads: on a busy machine it says more than the clock. */
  readonly processorMilliseconds: number;
  readonly output: number[];
}

export interface Runner {
  /** The mean of `times` runs, and the first output. */
  time(feeds: Feeds, times: number): Promise<Run>;
  close(): Promise<void>;
}
