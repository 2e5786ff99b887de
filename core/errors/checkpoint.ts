/** Errors of checkpoints from elsewhere. */
import { define } from './entry.js';

export const checkpointErrors = define({
  checkpoint_missing: {
    kind: 'not_found',
    message: 'There is no checkpoint {path}.',
    hint: 'Give the folder of a checkpoint, with its weights and its configuration.',
  },
  checkpoint_malformed: {
    kind: 'corrupt',
    message: 'The checkpoint {path} cannot be read: {reason}.',
    hint: 'The file is damaged, or not what its name says; use another copy of it, or save its weights alone again.',
  },
  checkpoint_refused: {
    kind: 'invalid',
    message: '{path} asks for {name}, which no checkpoint needs.',
    hint: 'Nothing of it was run. Get the weights from a source that you trust, as safetensors if it has them.',
  },
  checkpoint_weights_missing: {
    kind: 'not_found',
    message: '{path} holds no weights that are known.',
    hint: 'Give the folder of a checkpoint with its weights in one of these forms: {known}.',
  },
  checkpoint_config_missing: {
    kind: 'not_found',
    message: '{path} holds no configuration.',
    hint: 'Put the file that came with the weights beside them: one of {known}.',
  },
  checkpoint_config_invalid: {
    kind: 'invalid',
    message: '{path} does not describe an encoder: {reason}.',
    hint: 'Give the configuration that the weights were published with; encoders of the BERT and ERNIE family are read.',
  },
  checkpoint_names_unknown: {
    kind: 'unsupported_media',
    message: 'The parameters in {path} are not named as those of a BERT or ERNIE encoder: {names}.',
    hint: 'Names as in {known} are read, also behind the prefixes that they put around an encoder.',
  },
  checkpoint_names_repeated: {
    kind: 'invalid',
    message: '{path} has both {first} and {second} for the encoder\u2019s {place}.',
    hint: 'Save the checkpoint again with the one that its model uses.',
  },
  checkpoint_parameters_missing: {
    kind: 'invalid',
    message: '{path} lacks {count} parameters of the encoder that its configuration describes: {names}.',
    hint: 'Check that the configuration belongs to these weights and that the file is whole.',
  },
  checkpoint_shape_wrong: {
    kind: 'invalid',
    message:
      'The parameter {name} in {path} has the shape [{found}], where the configuration asks for [{expected}].',
    hint: 'Check that the configuration belongs to these weights.',
  },
  checkpoint_not_finite: {
    kind: 'corrupt',
    message: 'The parameter {name} in {path} holds a value that is not a finite number.',
    hint: 'The file is damaged, or its training diverged; use another copy of it.',
  },
  checkpoint_classifier_missing: {
    kind: 'invalid',
    message: '{path} holds no classifier, so it gives no logits to compare.',
    hint: 'Verify the checkpoint of a fine-tuned classifier.',
  },
  checkpoint_differs: {
    kind: 'invalid',
    message:
      'The logits of {path} differ by {difference} from the given ones; at most {tolerance} is accepted.',
    hint: 'Check the configuration (activation, epsilon, padding id) and that the given logits come from these weights without dropout.',
  },
  golden_invalid: {
    kind: 'invalid',
    message: '{path} cannot be compared with: {reason}.',
    hint: 'It is a JSON object with input_ids and logits, and where they apply attention_mask and token_type_ids, each an array of rows.',
  },
  vocabulary_mismatch: {
    kind: 'invalid',
    message: 'The tokenizer of {path} has {tokenizer} entries, its word embedding only {embedding} rows.',
    hint: 'Put the tokenizer beside the weights that they were published with.',
  },
});
