/** `POST /v1/predict`: texts in, labels out. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import { predict as predictTexts } from '../../inference/predict.js';
import { callOf, finish, type Route } from '../route.js';

const options = {
  model: z.string().optional(),
  version: z.string().optional(),
  logits: z.boolean().default(false),
  explain: z.boolean().default(false),
};
const bodySchema = z.union([
  z.strictObject({ text: z.string(), ...options }),
  z.strictObject({ texts: z.array(z.string()).min(1), ...options }),
]);

export const predict: Route = {
  method: 'post',
  path: '/v1/predict',
  async handle(context, request, response) {
    const call = callOf(request, response);
    const body = bodySchema.safeParse(request.body);
    if (!body.success) throw fail('request_invalid', { reason: reasonOf(request.body) });
    const { model, version, logits, explain } = body.data;
    const texts = 'text' in body.data ? [body.data.text] : body.data.texts;
    const asked = { texts, model, version, logits, explain };
    finish(context, call, response, await predictTexts(context, asked, call));
  },
};

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
