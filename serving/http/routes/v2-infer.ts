/** Inference by the Open Inference Protocol v2. */
import { z } from 'zod';
import { infer as inferTensors } from '../../inference/infer.js';
import { shorterOf } from '../../inference/submit.js';
import type { Route } from '../route.js';
import { inferReply } from '../v2/infer-reply.js';
import { inferRequestSchema, parseInferRequest } from '../v2/infer-request.js';

const responseSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.int()),
      parameters: z.object({ binary_data_size: z.int() }).optional(),
      data: z.array(z.union([z.number(), z.string()])).optional(),
    }),
  ),
});

const binary = 'application/octet-stream';

export const infer: Route = {
  method: 'post',
  path: '/v2/models/:model{/versions/:version}/infer',
  access: 'key',
  infers: true,
  accepts: ['application/json', binary],
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Infer from texts (input text) or ids (inputs input_ids and sequence_lengths)',
    headers: ['X-Request-Timeout-Ms', 'Inference-Header-Content-Length'],
    request: inferRequestSchema,
    requestMedia: [binary],
    responses: { 200: { description: 'The outputs', schema: responseSchema, media: [binary] } },
  },
  async handle(context, { parameters, headers, body, call }) {
    const jsonLength = headers['inference-header-content-length'];
    const request = call.timeline.measure('parse', () =>
      parseInferRequest(
        body,
        typeof jsonLength === 'string' ? jsonLength : undefined,
        headers['content-type'],
      ),
    );
    const answer = await inferTensors(
      context,
      {
        model: parameters.model,
        version: parameters.version,
        inputs: request.inputs,
        outputs: request.outputs?.map(({ name }) => name) ?? null,
      },
      { ...call, timeoutMs: shorterOf(call.timeoutMs, request.timeoutMs) },
    );
    const { model, version, texts, items } = answer;
    return { ...inferReply(request, answer), log: { model, version, items, texts } };
  },
};
