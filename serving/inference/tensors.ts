/** Tensors of the Open Inference Protocol v2, as both of its edges decode and encode them. */
import { fail, type RetortError } from '../../core/errors.js';
import { type DType, sizeOf } from '../../core/tensor.js';
import { shortened } from '../shortened.js';

export const v2Datatypes: Readonly<Record<DType, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  int64: 'INT64',
  int32: 'INT32',
  int8: 'INT8',
  uint8: 'UINT8',
  bool: 'BOOL',
};

/** A tensor of a request; what it holds is not checked yet. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly elements: ArrayLike<unknown>;
}

export type OutputTensor = {
  readonly name: string;
  readonly shape: readonly number[];
} & (
  | { readonly datatype: 'FP32'; readonly data: readonly number[] }
  | { readonly datatype: 'BYTES'; readonly data: readonly string[] }
);

/** The error of a request's tensors. Names and what the reason quotes may be as long as the client likes. */
export function inputInvalid(name: string, reason: string): RetortError {
  return fail('inference_input_invalid', { name: shortened(name), reason: shortened(reason, 300) });
}

/** @throws RetortError inference_input_invalid */
export function integersOf(input: InputTensor, datatypes: readonly string[]): number[] {
  return elementsOf(input, datatypes, 'an integer', (element) => Number.isSafeInteger(element)) as number[];
}

/** @throws RetortError inference_input_invalid */
export function stringsOf(input: InputTensor): string[] {
  return elementsOf(input, ['BYTES'], 'a string', (element) => typeof element === 'string') as string[];
}

function elementsOf(
  { name, shape, datatype, elements }: InputTensor,
  datatypes: readonly string[],
  what: string,
  fits: (element: unknown) => boolean,
): unknown[] {
  const refuse = (reason: string) => inputInvalid(name, reason);
  if (!datatypes.includes(datatype))
    throw refuse(`its datatype is ${datatype}, not ${datatypes.join(' or ')}`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw refuse(`its shape is [${shape.join(', ')}]`);
  if (elements.length !== sizeOf(shape)) {
    throw refuse(
      `its data have ${String(elements.length)} elements, its shape [${shape.join(', ')}] has ${String(sizeOf(shape))}`,
    );
  }
  const values = Array.from(elements);
  const wrong = values.findIndex((element) => !fits(element));
  if (wrong >= 0) throw refuse(`element ${String(wrong)} is not ${what}`);
  return values;
}
