/** Inference by the Open Inference Protocol v2: the network's tensors, or a BYTES input `text`. */
import { fail } from '../../../core/errors.js';
import type { ServedModel } from '../../model-registry.js';
import { probabilities } from '../../../core/probabilities.js';
import type { Item } from '../../predictor.js';
import { checkTexts, type Limits, type Route, submit } from '../route.js';
import { type InferRequest, inferRequestSchema, integersOf, stringsOf } from '../v2-tensors.js';
import { addressOf } from './v2-metadata.js';

export const infer: Route = {
  method: 'post',
  path: '/v2/models/:model{/versions/:version}/infer',
  async handle(context, request, response) {
    const started = performance.now();
    const parsed = inferRequestSchema.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw fail('inference_input_invalid', {
        name: issue?.path.join('.') ?? 'body',
        reason: issue?.message ?? 'it does not fit',
      });
    }
    const model = context.registry.find(...addressOf(request));
    const items = itemsOf(parsed.data, model, context.limits);
    const { predictions } = await submit(context, model, items, request, response);
    const { name, version, labels, calibration } = model.manifest;
    const rows = predictions.map(({ logits }) => {
      const scores = probabilities(logits, calibration?.temperature);
      const best = scores.indexOf(Math.max(...scores));
      return { label: labels[best], score: scores[best] };
    });
    const outputs = [
      {
        name: 'logits',
        datatype: 'FP32',
        shape: [items.length, labels.length],
        data: predictions.flatMap(({ logits }) => logits),
      },
      { name: 'label', datatype: 'BYTES', shape: [items.length], data: rows.map(({ label }) => label) },
      { name: 'score', datatype: 'FP32', shape: [items.length], data: rows.map(({ score }) => score) },
    ];
    response.json({
      model_name: name,
      model_version: version,
      ...(parsed.data.id === undefined ? {} : { id: parsed.data.id }),
      outputs: wantedOutputs(parsed.data, outputs),
    });
    context.metrics.stage('total', performance.now() - started);
  },
};

function wantedOutputs<T extends { readonly name: string }>(
  { outputs: asked }: InferRequest,
  outputs: readonly T[],
): readonly T[] {
  if (asked === undefined) return outputs;
  return asked.map(({ name }) => {
    const output = outputs.find((one) => one.name === name);
    if (output === undefined) {
      throw fail('inference_input_invalid', {
        name,
        reason: `there is no such output; there are ${outputs.map((one) => one.name).join(', ')}`,
      });
    }
    return output;
  });
}

function itemsOf({ inputs }: InferRequest, model: ServedModel, limits: Limits): Item[] {
  const named = new Map(inputs.map((input) => [input.name, input]));
  const text = named.get('text');
  if (text !== undefined && named.size === 1) {
    const texts = stringsOf(text);
    if (texts.length === 0) throw fail('inference_input_invalid', { name: 'text', reason: 'it is empty' });
    checkTexts(texts, limits);
    return texts.map((one) => ({ text: one }));
  }
  const [ids, lengths] = [named.get('input_ids'), named.get('sequence_lengths')];
  if (ids === undefined || lengths === undefined || named.size !== 2) {
    throw fail('inference_input_invalid', {
      name: [...named.keys()].join(', '),
      reason: 'give input_ids with sequence_lengths, or text alone',
    });
  }
  const [rows = 0, columns = 0] = ids.shape;
  if (ids.shape.length !== 2 || rows === 0 || columns === 0) {
    throw fail('inference_input_invalid', {
      name: 'input_ids',
      reason: `its shape is [${ids.shape.join(', ')}], not [rows, words] with at least one each`,
    });
  }
  if (rows > limits.textsPerRequest)
    throw fail('too_many_texts', { texts: rows, limit: limits.textsPerRequest });
  if (columns > limits.textCharacters)
    throw fail('text_too_long', { index: 0, characters: columns, limit: limits.textCharacters });
  const values = integersOf(ids, ['INT64', 'INT32']);
  const { vocabularySize } = model.pool;
  const outside = values.findIndex((id) => id < 0 || id >= vocabularySize);
  if (outside >= 0) {
    throw fail('inference_input_invalid', {
      name: 'input_ids',
      reason: `element ${String(outside)} is ${String(values[outside])}; ids are 0 to ${String(vocabularySize - 1)}`,
    });
  }
  const sizes = integersOf(lengths, ['INT32', 'INT64']);
  if (sizes.length !== rows)
    throw fail('inference_input_invalid', {
      name: 'sequence_lengths',
      reason: `it has ${String(sizes.length)} elements for ${String(rows)} rows`,
    });
  return sizes.map((length, row) => {
    if (length < 1 || length > columns) {
      throw fail('inference_input_invalid', {
        name: 'sequence_lengths',
        reason: `element ${String(row)} is ${String(length)}; lengths are 1 to ${String(columns)}`,
      });
    }
    return { ids: values.slice(row * columns, row * columns + length) };
  });
}
