/** A text as the ids that a model reads, with what each stands for: what `POST /v1/tokenize` answers. */
import { checkTexts } from './check-texts.js';
import type { ServingContext } from './context.js';
import { type Asked, type Call, timed } from './submit.js';

export interface TokenizeResponse {
  readonly model: string;
  readonly version: string;
  readonly ids: readonly number[];
  /** What each id stands for, as it is in the normalised text. */
  readonly pieces: readonly string[];
  /** What cuts texts into words; null where the tokenizer has its own rules. */
  readonly segmenter: string | null;
}

/** @throws RetortError explain_unsupported, of the limits, of the registry and of the queue */
export async function tokenize(
  context: ServingContext,
  text: string,
  asked: Asked,
  call: Call,
): Promise<TokenizeResponse> {
  checkTexts([text], context.limits);
  const { model, pieces } = await timed(context, call, (limits) =>
    context.inference.pieces(text, { ...asked, ...limits }),
  );
  const { name, version, tokenizer } = model.manifest;
  return {
    model: name,
    version,
    ids: pieces.map(({ id }) => id),
    pieces: pieces.map((piece) => piece.text),
    segmenter: typeof tokenizer.segmenter === 'string' ? tokenizer.segmenter : null,
  };
}
