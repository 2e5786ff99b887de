/** Errors of export and import. */
import { define } from './entry.js';

export const exportErrors = define({
  import_refused: {
    kind: 'invalid',
    message: '{path} cannot become a model: {reason}.',
    hint: 'It takes input_ids [batch, sequence], and where it has them attention_mask, token_type_ids and position_ids, with both axes dynamic, and gives one float32 output [batch, 2].',
  },
  notes_missing: {
    kind: 'not_found',
    message: 'The notes {path} cannot be read.',
    hint: 'Give --notes a Markdown file.',
  },
  export_mismatch: {
    kind: 'internal',
    message:
      'The exported graph differs from the eager forward by {difference} on a logit; at most {tolerance} is allowed ({level}).',
    hint: 'This is a bug in Retort; please report it with the network configuration.',
  },
});
