/** `POST /v1/tokenize`: the ids that a model reads of a text, as it was trained. */
import { z } from 'zod';
import { tokenize as tokenizeText, type TokenizeResponse } from '../../inference/tokenize.js';
import { parseBody } from '../parse-body.js';
import type { Route } from '../route.js';

const bodySchema = z.strictObject({
  text: z.string(),
  model: z.string().optional(),
  version: z.string().optional(),
});

const responseSchema = z.object({
  model: z.string(),
  version: z.string(),
  ids: z.array(z.int()).readonly(),
  pieces: z.array(z.string()).readonly().meta({ description: 'What each id stands for.' }),
  segmenter: z.string().nullable(),
}) satisfies z.ZodType<TokenizeResponse>;

export const tokenize: Route = {
  method: 'post',
  path: '/v1/tokenize',
  access: 'key',
  operation: {
    tag: 'Prediction',
    summary: 'The ids of a text, and the words that they stand for',
    headers: ['X-Request-Timeout-Ms'],
    request: bodySchema,
    responses: { 200: { description: 'Ids and pieces, in order', schema: responseSchema } },
  },
  async handle(context, exchange) {
    const { text, ...asked } = parseBody(exchange, bodySchema);
    return { body: await tokenizeText(context, text, asked, exchange.call) };
  },
};
