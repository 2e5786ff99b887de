/** Inference requests and responses as messages of gRPC; an answer has raw contents where its request had. */
import type { InferRequest, InferResponse } from '../inference/infer.js';
import { decodeRaw, decodeString, encodeRaw } from '../inference/raw-tensors.js';
import { inputInvalid, type InputTensor } from '../inference/tensors.js';
import type { InferRequestMessage, InferResponseMessage, TensorContents } from './protocol.js';

/** @throws RetortError inference_input_invalid */
export function inferRequestOf(message: InferRequestMessage): InferRequest {
  const { model_name: model, model_version: version, outputs } = message;
  return {
    model: model === '' ? undefined : model,
    version: version === '' ? undefined : version,
    inputs: inputsOf(message),
    outputs: outputs.length === 0 ? null : outputs.map(({ name }) => name),
  };
}

export function inferMessageOf(
  { id, raw_input_contents: raw }: InferRequestMessage,
  { model, version, outputs }: InferResponse,
): InferResponseMessage {
  const isRaw = raw.length > 0;
  return {
    model_name: model,
    model_version: version,
    id,
    outputs: outputs.map((tensor) => {
      const { name, datatype, shape } = tensor;
      if (isRaw) return { name, datatype, shape };
      const contents =
        tensor.datatype === 'FP32'
          ? { fp32_contents: tensor.data }
          : { bytes_contents: tensor.data.map((text) => Buffer.from(text)) };
      return { name, datatype, shape, contents };
    }),
    raw_output_contents: isRaw ? outputs.map(encodeRaw) : [],
  };
}

/** What the client allows by its parameter, in milliseconds; the protocol counts microseconds. */
export function timeoutParameterMs({ parameters }: InferRequestMessage): number | null {
  const timeout = Object.hasOwn(parameters, 'timeout') ? parameters.timeout : undefined;
  const microseconds = timeout?.int64_param ?? timeout?.uint64_param ?? 0;
  return microseconds > 0 ? microseconds / 1000 : null;
}

function inputsOf({ inputs, raw_input_contents: raw }: InferRequestMessage): InputTensor[] {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw inputInvalid(
      'raw_input_contents',
      `there are ${String(raw.length)} for ${String(inputs.length)} inputs`,
    );
  }
  return inputs.map(({ name, datatype, shape, contents }, place) => {
    const refuse = (reason: string) => inputInvalid(name, reason);
    const bytes = raw[place];
    if (bytes === undefined) {
      return { name, datatype, shape, elements: elementsOf(datatype, contents ?? {}, refuse) };
    }
    if (contents !== null) throw refuse('it has contents beside raw_input_contents');
    return decodeRaw({ name, datatype, shape }, bytes);
  });
}

/** No input has a datatype beside these: a tensor of another one is refused for it. */
function elementsOf(
  datatype: string,
  contents: TensorContents,
  refuse: (reason: string) => Error,
): readonly unknown[] {
  switch (datatype) {
    case 'INT64':
      return contents.int64_contents ?? [];
    case 'INT32':
      return contents.int_contents ?? [];
    case 'BYTES':
      return (contents.bytes_contents ?? []).map((bytes, index) => decodeString(bytes, index, refuse));
    default:
      return [];
  }
}
