/** Inference messages as they are decoded by the protocol's definition (`core/protocol/`). */

export interface InferParameter {
  readonly bool_param?: boolean;
  readonly int64_param?: number;
  readonly uint64_param?: number;
}

export interface TensorContents {
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly number[];
  readonly fp32_contents?: readonly number[];
  readonly bytes_contents?: readonly Buffer[];
}

export interface InferRequestMessage {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Readonly<Partial<Record<string, InferParameter>>>;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents: TensorContents | null;
  }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly raw_input_contents: readonly Buffer[];
}

export interface InferResponseMessage {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents?: TensorContents;
  }[];
  readonly raw_output_contents: readonly Buffer[];
}
