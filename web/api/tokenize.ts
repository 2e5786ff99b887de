import * as z from 'zod/mini';
import { ask } from './client.js';
import type { Manifest } from './schemas.js';

const tokensSchema = z.object({
  model: z.string(),
  version: z.string(),
  ids: z.array(z.number()),
  /** What each id stands for. */
  pieces: z.array(z.string()),
  segmenter: z.nullable(z.string()),
});

export type Tokens = z.infer<typeof tokensSchema>;

export function tokenize(
  text: string,
  { name: model, version }: Pick<Manifest, 'name' | 'version'>,
): Promise<Tokens> {
  return ask('/v1/tokenize', tokensSchema, { body: { text, model, version } });
}
