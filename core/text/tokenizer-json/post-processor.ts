/** Which special tokens a tokenizer.json puts around one text. */
import { z } from 'zod';
import type { SpecialTokens } from '../special-tokens.js';

/** @throws ZodError where it is none of these, Error where it adds nothing */
export function specialTokensOf(postProcessor: unknown): SpecialTokens {
  const parsed = schema.parse(postProcessor);
  const candidates = parsed.type === 'Sequence' ? parsed.processors : [parsed];
  for (const candidate of candidates) {
    if (candidate.type === 'ByteLevel') continue;
    if (candidate.type !== 'TemplateProcessing') {
      return { prefix: [candidate.cls[1]], suffix: [candidate.sep[1]] };
    }
    const { single, special_tokens: ids } = candidate;
    const place = single.findIndex((item) => 'Sequence' in item);
    if (place < 0) throw new Error('its template leaves the text out');
    const idsOf = (items: typeof single) =>
      items.flatMap((item) => {
        if (!('SpecialToken' in item)) throw new Error('its template has the text twice');
        const token = ids[item.SpecialToken.id];
        if (token === undefined) throw new Error(`its template names ${item.SpecialToken.id} without an id`);
        return token.ids;
      });
    return { prefix: idsOf(single.slice(0, place)), suffix: idsOf(single.slice(place + 1)) };
  }
  return { prefix: [], suffix: [] };
}

const tokenAndId = z.tuple([z.string(), z.int().nonnegative()]);

const templateSchema = z.object({
  type: z.literal('TemplateProcessing'),
  single: z.array(
    z.union([
      z.object({ SpecialToken: z.object({ id: z.string() }) }),
      z.object({ Sequence: z.object({ id: z.literal('A') }) }),
    ]),
  ),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int().nonnegative()) })),
});
const bertSchema = z.object({ type: z.literal('BertProcessing'), cls: tokenAndId, sep: tokenAndId });
const robertaSchema = z.object({ type: z.literal('RobertaProcessing'), cls: tokenAndId, sep: tokenAndId });
const byteLevelSchema = z.object({ type: z.literal('ByteLevel') });
const oneSchema = z.discriminatedUnion('type', [templateSchema, bertSchema, robertaSchema, byteLevelSchema]);
const schema = z.discriminatedUnion('type', [
  templateSchema,
  bertSchema,
  robertaSchema,
  byteLevelSchema,
  z.object({ type: z.literal('Sequence'), processors: z.array(oneSchema) }),
]);
