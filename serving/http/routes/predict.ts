/** `POST /v1/predict`: texts in, labels out. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import { probabilities } from '../../../core/probabilities.js';
import { checkTexts, type Route, submit } from '../route.js';

const options = { model: z.string().optional(), logits: z.boolean().optional() };
const bodySchema = z.union([
  z.strictObject({ text: z.string(), ...options }),
  z.strictObject({ texts: z.array(z.string()).min(1), ...options }),
]);

export const predict: Route = {
  method: 'post',
  path: '/v1/predict',
  async handle(context, request, response) {
    const started = performance.now();
    const body = bodySchema.safeParse(request.body);
    if (!body.success) throw fail('request_invalid', { reason: reasonOf(request.body) });
    const { model: name, logits: withLogits = false } = body.data;
    const texts = 'text' in body.data ? [body.data.text] : body.data.texts;
    checkTexts(texts, context.limits);
    const model = context.registry.find(name);
    const { labels, calibration, ...manifest } = model.manifest;
    const answer = await submit(
      context,
      model,
      texts.map((text) => ({ text })),
      request,
      response,
    );
    const results = answer.predictions.map(({ logits }) => {
      const scores = probabilities(logits, calibration?.temperature);
      const best = scores.indexOf(Math.max(...scores));
      return { label: labels[best], score: scores[best], ...(withLogits ? { logits } : {}) };
    });
    const totalMs = performance.now() - started;
    const { queueMs, tokenizeMs, inferMs } = answer;
    response.json({
      model: manifest.name,
      version: manifest.version,
      results,
      timings: { queueMs, tokenizeMs, inferMs, totalMs },
    });
    context.metrics.stage('total', totalMs);
    const [only] = texts;
    if (texts.length === 1 && only !== undefined) context.onAnswered?.(model, only);
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
  return 'it has keys that are not known, or model or logits of the wrong type';
}
