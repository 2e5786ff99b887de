/** Inference by the Open Inference Protocol v2, below its REST and gRPC edges. */
import type { ServingContext } from './context.js';
import { itemsOf } from './items.js';
import { type Call, submit } from './submit.js';
import { inputInvalid, type InputTensor, type OutputTensor } from './tensors.js';

export interface InferRequest {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** Names of the outputs that are wanted, in this order; null for all. */
  readonly outputs: readonly string[] | null;
}

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly OutputTensor[];
  /** Rows of each output. */
  readonly items: number;
  /** Those that were asked about; empty where ids were. */
  readonly texts: readonly string[];
}

/** @throws RetortError of the tensors, of the limits, of the registry and of the queue */
export async function infer(
  context: ServingContext,
  request: InferRequest,
  call: Call,
): Promise<InferResponse> {
  const model = context.registry.find(request.model, request.version, call.requestId);
  const items = itemsOf(request.inputs, model, context.limits);
  for (const name of request.outputs ?? []) {
    if (!outputNames.includes(name)) {
      throw inputInvalid(name, `there is no such output; there are ${outputNames.join(', ')}`);
    }
  }
  const inferred = await submit(context, items, { model: request.model, version: request.version }, call);
  const answeredMs = performance.now();
  const { results } = inferred;
  const { name, version, labels } = inferred.model.manifest;
  const all: readonly OutputTensor[] = [
    {
      name: 'logits',
      datatype: 'FP32',
      shape: [items.length, labels.length],
      data: results.flatMap(({ logits }) => logits),
    },
    { name: 'label', datatype: 'BYTES', shape: [items.length], data: results.map(({ label }) => label) },
    {
      name: 'score',
      datatype: 'FP32',
      shape: [items.length],
      data: results.map(({ score }) => Math.fround(score)),
    },
  ];
  const outputs = request.outputs?.flatMap((wanted) => all.filter((one) => one.name === wanted)) ?? all;
  call.timeline.add('postprocess', answeredMs, performance.now());
  const texts = items.flatMap((item) => ('text' in item ? [item.text] : []));
  return { model: name, version, outputs, items: items.length, texts };
}

const outputNames = ['logits', 'label', 'score'];
