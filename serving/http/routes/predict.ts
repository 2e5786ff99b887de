/** `POST /v1/predict`: texts in, labels out. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import { predict as predictTexts, type PredictResponse } from '../../inference/predict.js';
import { parseJson } from '../body.js';
import type { Exchange, Route } from '../route.js';

const options = {
  model: z.string().optional().meta({ description: 'The default model where it is absent.' }),
  version: z.string().optional().meta({
    description: 'A version, `stable` or `canary`; drawn between the two labels where it is absent.',
  }),
  logits: z.boolean().default(false).meta({ description: 'Give the logits of each result.' }),
  explain: z
    .boolean()
    .default(false)
    .meta({ description: 'Give what each piece of the text adds to the score; of a single text.' }),
};
const bodySchema = z.union([
  z.strictObject({ text: z.string(), ...options }),
  z.strictObject({ texts: z.array(z.string()).min(1), ...options }),
]);

const resultSchema = z.object({
  label: z.string(),
  score: z.number().meta({ description: 'Probability of the label, calibrated where the model is.' }),
  logits: z.array(z.number()).exactOptional(),
  answered_by: z.string().exactOptional().meta({ description: 'The teacher that answered instead.' }),
  degraded: z
    .literal(true)
    .exactOptional()
    .meta({ description: 'A teacher should have been asked, and could not be.' }),
  attributions: z.array(z.object({ text: z.string(), weight: z.number() })).exactOptional(),
});

const responseSchema = z.object({
  model: z.string(),
  version: z.string(),
  results: z.array(resultSchema).meta({ description: 'One a text, in order.' }),
  timings: z.object({
    queueMs: z.number(),
    tokenizeMs: z.number(),
    inferMs: z.number(),
    totalMs: z.number(),
  }),
}) satisfies z.ZodType<PredictResponse>;

export const predict: Route = {
  method: 'post',
  path: '/v1/predict',
  access: 'key',
  infers: true,
  operation: {
    tag: 'Prediction',
    summary: 'Label one text, or several',
    headers: ['X-Request-Timeout-Ms'],
    request: bodySchema,
    responses: { 200: { description: 'A label and a score for each text', schema: responseSchema } },
  },
  async handle(context, exchange) {
    const request = exchange.call.timeline.measure('parse', () => parse(exchange));
    const answer = await predictTexts(context, request, exchange.call);
    const { model, version } = answer;
    const { texts } = request;
    return { body: answer, log: { model, version, items: texts.length, texts } };
  },
};

function parse({ body: bytes, headers }: Exchange) {
  const sent = parseJson(bytes, headers['content-type']);
  const body = bodySchema.safeParse(sent);
  if (!body.success) throw fail('request_invalid', { reason: reasonOf(sent) });
  const { model, version, logits, explain } = body.data;
  const texts = 'text' in body.data ? [body.data.text] : body.data.texts;
  return { texts, model, version, logits, explain };
}

/** What is wrong with a body that does not fit, without the texts. */
function reasonOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return 'the body is not a JSON object';
  if ('text' in body && 'texts' in body) return 'it has both text and texts';
  if ('text' in body && typeof body.text !== 'string') return 'text is not a string';
  if ('texts' in body) {
    if (!Array.isArray(body.texts)) return 'texts is not an array';
    if (body.texts.length === 0) return 'texts is empty';
    const wrong = body.texts.findIndex((text) => typeof text !== 'string');
    if (wrong >= 0) return `texts[${String(wrong)}] is not a string`;
  }
  if (!('text' in body) && !('texts' in body)) return 'it has neither text nor texts';
  return 'it has keys that are not known, or model, version, logits or explain of the wrong type';
}
