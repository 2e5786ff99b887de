/** An inference request of the Open Inference Protocol v2: JSON, and behind it binary tensors where there are some. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import { decodeRaw } from '../../inference/raw-tensors.js';
import { inputInvalid, type InputTensor } from '../../inference/tensors.js';
import { parseJson } from '../body.js';

const parametersSchema = z
  .looseObject({
    binary_data_output: z.boolean().optional().meta({ description: 'Send all outputs as bytes.' }),
    timeout: z
      .int()
      .positive()
      .optional()
      .meta({ description: 'Microseconds within which the answer is wanted.' }),
  })
  .optional();

const inputSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()).max(8),
  datatype: z.string(),
  parameters: z.looseObject({ binary_data_size: z.int().nonnegative().optional() }).optional(),
  data: z
    .array(z.unknown())
    .optional()
    .meta({ description: 'Flat, or nested by the shape; absent where the tensor follows as bytes.' }),
});

const outputSchema = z.looseObject({
  name: z.string(),
  parameters: z.looseObject({ binary_data: z.boolean().optional() }).optional(),
});

export const inferRequestSchema = z.looseObject({
  id: z.string().optional(),
  parameters: parametersSchema,
  inputs: z.array(inputSchema).min(1),
  outputs: z.array(outputSchema).optional(),
});

export interface WireInferRequest {
  readonly id: string | undefined;
  readonly timeoutMs: number | null;
  readonly inputs: readonly InputTensor[];
  /** Names and forms of the outputs that are wanted; null for all. */
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[] | null;
  /** Whether outputs are bytes where nothing is said of one. */
  readonly binary: boolean;
}

/**
 * @param jsonLength the header Inference-Header-Content-Length
 * @throws RetortError body_malformed, header_invalid, inference_input_invalid
 */
export function parseInferRequest(
  body: Buffer,
  jsonLength: string | undefined,
  contentType: string | undefined,
): WireInferRequest {
  const split = jsonLength === undefined ? body.byteLength : splitOf(jsonLength, body.byteLength);
  const parsed = inferRequestSchema.safeParse(parseJson(body.subarray(0, split), contentType));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw inputInvalid(['body', ...(issue?.path ?? [])].join('.'), issue?.message ?? 'it does not fit');
  }
  const { id, parameters, inputs, outputs } = parsed.data;
  const binary = parameters?.binary_data_output ?? false;
  return {
    id,
    timeoutMs: parameters?.timeout === undefined ? null : parameters.timeout / 1000,
    inputs: tensorsOf(inputs, body.subarray(split)),
    outputs:
      outputs === undefined || outputs.length === 0
        ? null
        : outputs.map((output) => ({ name: output.name, binary: output.parameters?.binary_data ?? binary })),
    binary,
  };
}

function splitOf(jsonLength: string, bodyLength: number): number {
  const length = /^\d{1,15}$/.test(jsonLength) ? Number(jsonLength) : Infinity;
  if (length > bodyLength) {
    throw fail('header_invalid', {
      header: 'Inference-Header-Content-Length',
      reason: `it is no number of at most the ${String(bodyLength)} bytes of the body`,
    });
  }
  return length;
}

/** Binary tensors stand one after another in the order of the inputs. */
function tensorsOf(inputs: readonly z.infer<typeof inputSchema>[], binary: Buffer): InputTensor[] {
  let offset = 0;
  const tensors = inputs.map(({ name, shape, datatype, parameters, data }) => {
    const refuse = (reason: string) => inputInvalid(name, reason);
    const size = parameters?.binary_data_size;
    if (size === undefined) {
      if (data === undefined) throw refuse('it has neither data nor binary_data_size');
      return { name, shape, datatype, elements: flatten(data, shape, refuse) };
    }
    if (data !== undefined) throw refuse('it has both data and binary_data_size');
    const end = offset + size;
    if (end > binary.byteLength) throw refuse('its binary_data_size ends beyond the body');
    const bytes = binary.subarray(offset, end);
    offset = end;
    return decodeRaw({ name, shape, datatype }, bytes);
  });
  if (offset !== binary.byteLength) {
    throw inputInvalid('body', `${String(binary.byteLength - offset)} bytes of it belong to no input`);
  }
  return tensors;
}

/** The elements of data that are flat, or nested as the shape says. */
function flatten(
  data: readonly unknown[],
  shape: readonly number[],
  refuse: (reason: string) => Error,
): readonly unknown[] {
  if (!data.some((one) => Array.isArray(one))) return data;
  return nested(data, shape, 0, refuse);
}

function nested(
  data: readonly unknown[],
  shape: readonly number[],
  axis: number,
  refuse: (reason: string) => Error,
): readonly unknown[] {
  if (data.length !== shape[axis])
    throw refuse(`axis ${String(axis)} of its nested data is not as long as its shape says`);
  if (axis === shape.length - 1) {
    if (data.some((one) => Array.isArray(one))) throw refuse('its data are nested deeper than its shape');
    return data;
  }
  return data.flatMap((one) => {
    if (!Array.isArray(one)) throw refuse('its data are nested in part');
    return nested(one, shape, axis + 1, refuse);
  });
}
