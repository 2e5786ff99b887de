/** What a network is to every stage: a configuration, parameters by name, inputs, outputs and one forward function. */
import type { z } from 'zod';
import type { Dimension } from '../core/graph/ir.js';
import type { Ops } from '../core/ops.js';
import type { DType } from '../core/tensor.js';

export interface PortSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Symbols are dynamic axes, named as in the ONNX file: batch_size, sequence_length. */
  readonly shape: readonly Dimension[];
}

export type Initialization =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** True for a table of which a step reads a few rows only: its gradient is row-sparse. */
  readonly rowSparse?: boolean;
}

/** Multipliers (0 or 1 / keep probability) that training feeds where dropout applies, by the site's name. */
export interface DropoutSite {
  readonly name: string;
  /** Broadcasts against the value that it multiplies; its symbols are batch_size and sequence_length. */
  readonly shape: readonly Dimension[];
}

export interface Network<Config> {
  /** The manifest's `network.kind`. */
  readonly kind: string;
  readonly configSchema: z.ZodType<Config>;
  parameters(config: Config): readonly ParameterSpec[];
  inputs(config: Config): readonly PortSpec[];
  outputs(config: Config): readonly PortSpec[];
  /** Tokens that a row may have at most; absent where there is no limit. */
  mostTokens?(config: Config): number;
  dropoutSites(config: Config): readonly DropoutSite[];
  /**
   * Gives the outputs by name. `dropout` holds multipliers by site; without it every site passes its value on.
   */
  forward<T>(
    ops: Ops<T>,
    config: Config,
    parameters: Readonly<Record<string, T>>,
    inputs: Readonly<Record<string, T>>,
    dropout?: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>>;
}
