/** A checkpoint's weights file: what it holds is listed without reading it, and each tensor is read by itself. */
import type { TensorOf } from '../../core/tensor.js';

export interface StoredTensor {
  /** As the file has it, in its format's own words: `F16`, `torch.HalfStorage`, `<f4`. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface CheckpointSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of an index: the files that it names, by rising name. */
  readonly shards?: readonly string[];
  /**
   * Reads one tensor's bytes alone, widened to float32.
   * @throws RetortError checkpoint_malformed where the bytes end early or their dtype is no floating-point number
   */
  read(name: string): Promise<TensorOf<'float32'>>;
  close(): Promise<void>;
}

/** A format of weights files; open.ts lists them. */
export interface CheckpointFormat {
  readonly name: string;
  /** The file of this format in a folder, by the folder's file names; null where there is none. */
  find(names: readonly string[]): string | null;
  /** @throws RetortError checkpoint_malformed, checkpoint_refused */
  open(file: string): Promise<CheckpointSource>;
}
