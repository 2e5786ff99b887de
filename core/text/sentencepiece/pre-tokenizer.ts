/** A tokenizer.json's pre-tokenizer in terms that @huggingface/tokenizers cuts by as the Rust library does. */
import { z } from 'zod';

/** What is not one of these three stays as it is. */
export function translatePreTokenizer(preTokenizer: unknown): unknown {
  const { data: parsed } = schema.safeParse(preTokenizer);
  switch (parsed?.type) {
    case 'Sequence':
      return { ...parsed, pretokenizers: parsed.pretokenizers.map(translatePreTokenizer) };
    case 'WhitespaceSplit':
      // JavaScript's own \S counts U+FEFF as white space, and U+0085 not.
      return split('\\s+', { behavior: 'Removed', invert: false });
    case 'Metaspace': {
      const { replacement, add_prefix_space: prefix, prepend_scheme: scheme, split: apart } = parsed;
      const metaspace = { ...parsed, prepend_scheme: scheme ?? (prefix ? 'always' : 'never') };
      // The library does not read `split`: a word ends before the next mark.
      const words = split(`${replacement}[^${replacement}]*|[^${replacement}]+`, { invert: true });
      return apart ? { type: 'Sequence', pretokenizers: [metaspace, words] } : metaspace;
    }
    case undefined:
      return preTokenizer;
  }
}

const schema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('Sequence'), pretokenizers: z.array(z.unknown()) }),
  z.looseObject({ type: z.literal('WhitespaceSplit') }),
  z.looseObject({
    type: z.literal('Metaspace'),
    replacement: z.string().regex(/^[^\\\]^-]$/u),
    /** Of files from before `prepend_scheme`. */
    add_prefix_space: z.boolean().default(true),
    prepend_scheme: z.enum(['always', 'never', 'first']).optional(),
    split: z.boolean().default(true),
  }),
]);

function split(regex: string, rest: object): object {
  return { type: 'Split', pattern: { Regex: regex }, ...rest };
}
