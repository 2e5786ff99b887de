/** Errors of the command line and the files that commands read and write. */
import { define } from './entry.js';

export const commandErrors = define({
  command_line_invalid: {
    kind: 'usage',
    message: 'The command line does not fit: {reason}.',
    hint: 'Add --help to see the commands, options and examples.',
  },
  file_unwritable: {
    kind: 'unavailable',
    message: '{path} cannot be written or read: {reason}.',
    hint: 'Check that its folder may be written and has room.',
  },
  in_use: {
    kind: 'invalid',
    message: '{path} is in use by process {holder}.',
    hint: 'Wait until it ends, or give another --out. If there is no such process, delete {lock}.',
  },
  texts_missing: {
    kind: 'usage',
    message: 'There is no text to predict.',
    hint: 'Give texts as arguments, or a file with --input.',
  },
  texts_file_missing: {
    kind: 'not_found',
    message: 'There is no file of texts {path}.',
    hint: 'Check the path; the file holds one text a line (.txt), or one JSON value a line (.jsonl).',
  },
  texts_format_unknown: {
    kind: 'unsupported_media',
    message: 'The format of the texts in {path} is not known.',
    hint: 'Give one text a line (.txt) or one JSON value a line (.jsonl); each may be .gz.',
  },
  texts_line_malformed: {
    kind: 'malformed',
    message: 'Line {line} of {path} is not a text.',
    hint: 'Each line of a .jsonl file is a JSON string or an object with a string `text`.',
  },
  texts_file_empty: {
    kind: 'invalid',
    message: 'There is no text in {path}.',
    hint: 'Write one text a line (.txt), or one JSON value a line (.jsonl).',
  },
  internal_error: {
    kind: 'internal',
    message: 'Retort failed: {reason}.',
    hint: 'This is a bug in Retort; please report it with the command and the message.',
  },
});
