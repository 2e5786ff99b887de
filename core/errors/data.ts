/** Errors of data sets. */
import { define } from './entry.js';

export const dataErrors = define({
  data_file_missing: {
    kind: 'not_found',
    message: 'There is no file {path}.',
    hint: 'Check the path, or run `retort data chnsenticorp` to fetch the public data set.',
  },
  data_format_unknown: {
    kind: 'unsupported_media',
    message: 'The format of {path} is not known.',
    hint: 'Give a .tsv, .csv or .jsonl file (each may be .gz), or a .zip that holds one a split.',
  },
  data_split_missing: {
    kind: 'not_found',
    message: '{path} holds no {split} split; it holds {found}.',
    hint: 'Give a folder or .zip with the files train, dev and test, each .tsv, .csv or .jsonl.',
  },
  data_column_missing: {
    kind: 'invalid',
    message: '{path} has no {what} column {column}; its columns are {found}.',
    hint: 'Name the column with --text-column or --label-column.',
  },
  data_row_malformed: {
    kind: 'malformed',
    message: 'Line {line} of {path} does not fit: {reason}.',
    hint: 'Mend the line, or leave --strict out to skip such rows.',
  },
  data_empty: {
    kind: 'invalid',
    message: '{path} holds no row that fits: {reason}.',
    hint: 'Check that the file has a header and at least one row that fits it.',
  },
  archive_malformed: {
    kind: 'corrupt',
    message: 'The archive {path} cannot be read: {reason}.',
    hint: 'Fetch it again; `retort data chnsenticorp` checks what it downloads.',
  },
});
