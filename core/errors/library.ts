/** Errors of the library interface. */
import { define } from './entry.js';

export const libraryErrors = define({
  input_shape_invalid: {
    kind: 'invalid',
    message: 'The input {name} does not take [{shape}]; its shape is [{declared}].',
    hint: 'Give every axis a positive size, those with a number that very size, and as many elements.',
  },
  input_elements_invalid: {
    kind: 'invalid',
    message: 'The input {name} is {dtype}, and one of its elements is {value}.',
    hint: 'Give whole numbers where the input has integers.',
  },
  predictor_config_invalid: {
    kind: 'usage',
    message: 'createPredictor does not take this: {reason}.',
    hint: 'docs/library.md lists what it takes.',
  },
  texts_invalid: {
    kind: 'usage',
    message: 'predict takes an array of texts.',
    hint: "Write predict(['…']), also for one text.",
  },
  output_not_ready: {
    kind: 'invalid',
    message: 'The output {name} holds nothing yet.',
    hint: 'Fill the inputs and await run() first.',
  },
  handle_unknown: {
    kind: 'not_found',
    message: 'There is no input or output {name}.',
    hint: 'There are: {known}.',
  },
  merge_shard_missing: {
    kind: 'not_found',
    message: 'There is no shard {path}.',
    hint: 'Write it with `retort score --shard i/n --output {path}`, or name the files that there are.',
  },
  merge_shard_unfinished: {
    kind: 'unavailable',
    message: 'The shard {path} is not finished: {path}.part is still there.',
    hint: 'Wait for it, or repeat the command that began it, which goes on where it ended.',
  },
  merge_row_malformed: {
    kind: 'malformed',
    message: '{path} does not hold what `retort score` writes, where row {row} or one behind it should be.',
    hint: 'Give the outputs of `retort score` alone, as it wrote them.',
  },
  merge_incomplete: {
    kind: 'invalid',
    message: 'The shards are not those of the whole input: in {path} {reason}.',
    hint: 'Give the input that was scored, and the output of every shard from 1/n to n/n of the same n.',
  },
  score_other_run: {
    kind: 'invalid',
    message: '{path} was begun with another input, model or shard.',
    hint: 'Repeat the command that began it, name another --output, or delete that file.',
  },
});
