/** Errors of tokenizers, segmenters and vocabularies. */
import { define } from './entry.js';

export const textErrors = define({
  segmenter_missing: {
    kind: 'unavailable',
    message: 'The segmenter {segmenter} is not installed.',
    hint: 'It is compiled by npm ci where there is a C++ compiler; install one and run npm ci again, or train with --segmenter node-rs-jieba.',
  },
  tokenizer_unknown: {
    kind: 'unsupported_media',
    message: 'There is no tokenizer of kind {kind}.',
    hint: 'This version of Retort knows: {known}.',
  },
  tokenizer_invalid: {
    kind: 'invalid',
    message: 'The tokenizer description is not valid: {reason}.',
    hint: 'Compare it with the manifest of a shipped bundle.',
  },
  tokenizer_missing: {
    kind: 'not_found',
    message: 'There is no tokenizer {path}.',
    hint: 'Give a tokenizer.json, a vocab.txt, a SentencePiece model, or a folder that holds one.',
  },
  tokenizer_malformed: {
    kind: 'corrupt',
    message: 'The tokenizer {path} cannot be used: {reason}.',
    hint: 'Copy the file again; of tokenizer.json files, Retort reads those with a WordPiece or Unigram model.',
  },
  vocabulary_missing: {
    kind: 'not_found',
    message: 'There is no vocabulary {path}.',
    hint: 'Restore the file, or export the bundle again.',
  },
  vocabulary_malformed: {
    kind: 'corrupt',
    message: 'Line {line} of {path} is not valid: {reason}.',
    hint: 'Restore the file, or export the bundle again.',
  },
  vocabulary_incomplete: {
    kind: 'invalid',
    message: 'The vocabulary {path} has no {token}.',
    hint: 'Give the vocabulary that belongs to the model; a teacher\u2019s holds [CLS], [SEP] and [UNK].',
  },
});
