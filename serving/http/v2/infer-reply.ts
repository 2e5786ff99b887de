/** An inference response of the Open Inference Protocol v2: JSON, and behind it the tensors that are wanted as bytes. */
import type { InferResponse } from '../../inference/infer.js';
import { encodeRaw } from '../../inference/raw-tensors.js';
import type { Reply } from '../route.js';
import type { WireInferRequest } from './infer-request.js';

export function inferReply(
  { id, outputs: wanted, binary: allBinary }: WireInferRequest,
  { model, version, outputs }: InferResponse,
): Reply {
  const tails: Buffer[] = [];
  const body = {
    model_name: model,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: outputs.map((tensor, place) => {
      if (!(wanted?.[place]?.binary ?? allBinary)) return tensor;
      const bytes = encodeRaw(tensor);
      tails.push(bytes);
      const { name, datatype, shape } = tensor;
      return { name, datatype, shape, parameters: { binary_data_size: bytes.byteLength } };
    }),
  };
  if (tails.length === 0) return { body };
  const json = Buffer.from(JSON.stringify(body));
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.byteLength),
    },
    body: Buffer.concat([json, ...tails]),
  };
}
