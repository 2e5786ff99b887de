/** Inference by the Open Inference Protocol v2. */
import { fail } from '../../../core/errors.js';
import { infer as inferTensors } from '../../inference/infer.js';
import { callOf, finish, type Route } from '../route.js';
import { inferRequestSchema } from '../v2-tensors.js';
import { addressOf } from './v2-metadata.js';

export const infer: Route = {
  method: 'post',
  path: '/v2/models/:model{/versions/:version}/infer',
  async handle(context, request, response) {
    const call = callOf(request, response);
    const parsed = inferRequestSchema.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw fail('inference_input_invalid', {
        name: issue?.path.join('.') ?? 'body',
        reason: issue?.message ?? 'it does not fit',
      });
    }
    const { id, inputs, outputs } = parsed.data;
    const [model, version] = addressOf(request);
    const answer = await inferTensors(
      context,
      {
        model,
        version,
        inputs: inputs.map(({ data, ...input }) => ({ ...input, elements: data.flat(Infinity) })),
        outputs: outputs?.map(({ name }) => name) ?? null,
      },
      call,
    );
    finish(context, call, response, {
      model_name: answer.model,
      model_version: answer.version,
      ...(id === undefined ? {} : { id }),
      outputs: answer.outputs,
    });
  },
};
