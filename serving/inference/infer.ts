/** Inference by the Open Inference Protocol v2, below its REST and gRPC edges. */
import { fail } from '../../core/errors.js';
import type { ServingContext } from './context.js';
import { itemsOf } from './items.js';
import { classify } from './predict.js';
import { type Call, submit } from './submit.js';
import type { InputTensor, OutputTensor } from './tensors.js';

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
}

/** @throws RetortError of the tensors, of the limits, of the registry and of the queue */
export async function infer(
  context: ServingContext,
  request: InferRequest,
  call: Call,
): Promise<InferResponse> {
  const model = context.registry.find(request.model, request.version);
  const items = itemsOf(request.inputs, model, context.limits);
  for (const name of request.outputs ?? []) {
    if (!outputNames.includes(name)) {
      throw fail('inference_input_invalid', {
        name,
        reason: `there is no such output; there are ${outputNames.join(', ')}`,
      });
    }
  }
  const { predictions } = await submit(context, model, items, call);
  const answeredMs = performance.now();
  const { name, version, labels } = model.manifest;
  const classes = predictions.map((prediction) => classify(model, prediction));
  const all: readonly OutputTensor[] = [
    {
      name: 'logits',
      datatype: 'FP32',
      shape: [items.length, labels.length],
      data: predictions.flatMap(({ logits }) => logits),
    },
    { name: 'label', datatype: 'BYTES', shape: [items.length], data: classes.map(({ label }) => label) },
    {
      name: 'score',
      datatype: 'FP32',
      shape: [items.length],
      data: classes.map(({ score }) => Math.fround(score)),
    },
  ];
  const outputs = request.outputs?.flatMap((wanted) => all.filter((one) => one.name === wanted)) ?? all;
  call.timeline.add('post_process', answeredMs, performance.now());
  return { model: name, version, outputs };
}

const outputNames = ['logits', 'label', 'score'];
