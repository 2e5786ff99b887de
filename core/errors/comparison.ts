/** Errors of comparison of engines. */
import { define } from './entry.js';

export const comparisonErrors = define({
  comparison_engine_unknown: {
    kind: 'usage',
    message: 'There is no engine {name}.',
    hint: 'The engines are: {known}.',
  },
  comparison_engine_threads: {
    kind: 'unavailable',
    message: '{name} computes on one thread here, not on {threads}, and unequal threads make no comparison.',
    hint: 'Compare it with --threads 1.',
  },
  comparison_input_unknown: {
    kind: 'unsupported_media',
    message: 'The network has an input {name}, which a comparison cannot fill from texts.',
    hint: 'Compare a bundle whose inputs are input_ids and sequence_lengths.',
  },
  comparison_length_beyond: {
    kind: 'usage',
    message: 'The network of {bundle} reads at most {most} tokens, not {length}.',
    hint: 'Give --lengths that are at most {most}.',
  },
  comparison_network_foreign: {
    kind: 'unavailable',
    message: 'Of {bundle} the graph alone is known, since it was imported.',
    hint: 'Compare engines that run the graph: static-unoptimized, static-web.',
  },
  comparison_parameter_missing: {
    kind: 'unavailable',
    message: 'There is no parameter {name} in {path}, so eager engines cannot compute its network.',
    hint: 'Export the bundle again with `retort export`, which keeps the parameters by name.',
  },
  comparison_off: {
    kind: 'not_found',
    message: 'This server does not compare static with eager execution.',
    hint: 'Start it with --compare-eager 0.01.',
  },
  comparison_unstable: {
    kind: 'unavailable',
    message:
      'The figures are no result: three windows of measurement disagree by more than {limit} % for {which}.',
    hint: 'Stop what else runs on the machine, or give more time with --cell-seconds; what was measured is printed and saved, marked as unstable.',
  },
  comparison_disagrees: {
    kind: 'invalid',
    message: 'The engines do not compute the same: {which}.',
    hint: "Compare fewer engines to find the wrong one; if int8 is at fault, look at the bundle's accuracy before raising --int8-tolerance.",
  },
  comparison_busy: {
    kind: 'overloaded',
    message: 'A comparison runs already.',
    hint: 'Ask again in a few seconds: one runs at a time.',
  },
  comparison_failed: {
    kind: 'unavailable',
    message: 'The comparison stopped: {reason}.',
    hint: 'A model that was imported has no eager form; `retort compare` says what can be compared.',
  },
});
