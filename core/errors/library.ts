/** Errors of the library interface. */
import { define } from './entry.js';

export const libraryErrors = define({
  input_shape_invalid: {
    kind: 'invalid',
    message: 'The input {name} does not take [{shape}]; its shape is [{declared}].',
    hint: 'Give every axis a positive size, those with a number that very size, and as many elements.',
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
  score_other_run: {
    kind: 'invalid',
    message: '{path} was begun with another input, model or shard.',
    hint: 'Repeat the command that began it, name another --output, or delete that file.',
  },
});
