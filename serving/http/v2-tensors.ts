/** Tensors as the Open Inference Protocol v2 writes them in JSON. */
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { type DType, sizeOf } from '../../core/tensor.js';

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

const parametersSchema = z.record(z.string(), z.unknown()).optional();

const inputSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype: z.string(),
  parameters: parametersSchema,
  data: z.array(z.unknown()),
});

export const inferRequestSchema = z.looseObject({
  id: z.string().optional(),
  parameters: parametersSchema,
  inputs: z.array(inputSchema).min(1),
  outputs: z.array(z.looseObject({ name: z.string(), parameters: parametersSchema })).optional(),
});

export type V2Input = z.infer<typeof inputSchema>;
export type InferRequest = z.infer<typeof inferRequestSchema>;

/** @throws RetortError inference_input_invalid */
export function integersOf(input: V2Input, datatypes: readonly string[]): number[] {
  const values = elementsOf(input, datatypes);
  const wrong = values.findIndex((value) => !Number.isSafeInteger(value));
  if (wrong >= 0)
    throw fail('inference_input_invalid', {
      name: input.name,
      reason: `element ${String(wrong)} is not an integer`,
    });
  return values as number[];
}

/** @throws RetortError inference_input_invalid */
export function stringsOf(input: V2Input): string[] {
  const values = elementsOf(input, ['BYTES']);
  const wrong = values.findIndex((value) => typeof value !== 'string');
  if (wrong >= 0)
    throw fail('inference_input_invalid', {
      name: input.name,
      reason: `element ${String(wrong)} is not a string`,
    });
  return values as string[];
}

/** The elements of nested or flat data. */
function elementsOf({ name, shape, datatype, data }: V2Input, datatypes: readonly string[]): unknown[] {
  const refuse = (reason: string) => fail('inference_input_invalid', { name, reason });
  if (!datatypes.includes(datatype))
    throw refuse(`its datatype is ${datatype}, not ${datatypes.join(' or ')}`);
  const values = data.flat(Infinity);
  if (values.length !== sizeOf(shape)) {
    throw refuse(
      `its data have ${String(values.length)} elements, its shape [${shape.join(', ')}] has ${String(sizeOf(shape))}`,
    );
  }
  return values;
}
