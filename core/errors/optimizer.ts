/** Errors of the graph optimizer. */
import { define } from './entry.js';

export const optimizerErrors = define({
  optimizer_stuck: {
    kind: 'internal',
    message: 'The rules {rules} undo each other\u2019s work without end.',
    hint: 'This is a bug in Retort; leave one of them out with --disable, and please report it with the graph.',
  },
  optimizer_rule_unknown: {
    kind: 'usage',
    message: 'There is no rule {rule}.',
    hint: 'Rules: {known}.',
  },
  optimizer_inputs_unknown: {
    kind: 'usage',
    message: 'What the input {name} takes cannot be told from its name, type and shape.',
    hint: 'Say it with --input {name}=KIND, where KIND is one of {kinds}.',
  },
  optimizer_lengths_missing: {
    kind: 'usage',
    message: 'The graph has no input {name} of one length a row.',
    hint: 'Give --lengths one of its inputs that has one axis; it has {known}.',
  },
  optimizer_random: {
    kind: 'invalid',
    message:
      'The model gives another result each time it runs ({nodes}), so nothing can be compared with it.',
    hint: 'Nothing was written. Export it for inference (in PyTorch, model.eval() before the export).',
  },
  optimizer_unchecked: {
    kind: 'invalid',
    message:
      'The original runs on none of the inputs that it was tried on, so nothing was compared: {reason}',
    hint: 'Nothing was written. Say what inputs take with --input NAME=KIND; a graph that was exported for one size alone takes no other.',
  },
  optimizer_mismatch: {
    kind: 'internal',
    message:
      'The optimised graph differs from the original by {difference} (at most {tolerance}) on {case}: {output} at [{place}] is {found} instead of {expected}. {cause}',
    hint: 'Nothing was written. Leave the rule out with --disable, or allow more with --tolerance; a wrong rule is a bug in Retort.',
  },
});
