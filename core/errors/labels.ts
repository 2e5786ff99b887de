/** Errors of label files. */
import { define } from './entry.js';

export const labelsErrors = define({
  labels_missing: {
    kind: 'not_found',
    message: 'There is no label file {path}.',
    hint: 'Make it with `retort label`; an unfinished one ends in .part.',
  },
  labels_malformed: {
    kind: 'corrupt',
    message: 'The label file {path} is damaged: {reason}.',
    hint: 'Delete it and label again.',
  },
  labels_other_run: {
    kind: 'invalid',
    message:
      '{path} is a label file of other teachers, texts or settings, or of a teacher in another precision.',
    hint: 'Repeat the command that began it, name another place with --out, or move the file away.',
  },
  labels_unusable: {
    kind: 'invalid',
    message: 'The teacher {teacher} gives the text {text} the logits {logits}, not two finite numbers.',
    hint: 'Leave the text out, or try another --provider or teacher; with the same command, what is labelled so far is kept.',
  },
  labels_disagree: {
    kind: 'invalid',
    message: 'The teachers agree with {agreed} of {known} known labels only, fewer than half.',
    hint: 'Check that 0 is negative and 1 positive in the data, as in the logits of the teachers.',
  },
  labels_of_evaluation_rows: {
    kind: 'invalid',
    message: 'The copies in {path} were made of all of train, also of what stands in dev or test.',
    hint: 'Train with --train-rows all, or label again with --train-rows unseen.',
  },
  labels_of_other_segmenter: {
    kind: 'invalid',
    message: 'The copies in {path} were cut by {segmenter}, and the student cuts with {student}.',
    hint: 'Train with --segmenter {segmenter}, or label again with --segmenter {student}.',
  },
  labels_of_other_teachers: {
    kind: 'invalid',
    message: 'The logits in {path} are those of {teacher}, where the others are of {others}.',
    hint: 'Give label files of the same teachers with the same weights.',
  },
});
