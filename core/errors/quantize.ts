/** Errors of quantisation and of its bench. */
import { define } from './entry.js';

export const quantizeErrors = define({
  scheme_unknown: {
    kind: 'usage',
    message: 'There is no scheme {name}.',
    hint: 'Schemes: {known}.',
  },
  quantize_nothing: {
    kind: 'invalid',
    message: 'The scheme {scheme} finds nothing in the graph that it could quantise.',
    hint: 'It needs float32 constants as weights; `retort inspect FILE` lists what the graph holds. A graph that is quantised already stays as it is.',
  },
  quantize_exclusion_unknown: {
    kind: 'usage',
    message: 'There is nothing in the graph to exclude that is called {name}.',
    hint: 'Name a node or an operator as the graph spells it; `retort inspect FILE` lists its operators.',
  },
  bench_python_failed: {
    kind: 'unavailable',
    message: 'The peers that run in {python} failed: {reason}',
    hint: 'Give --python the interpreter of an environment with onnx, onnxruntime, onnxscript and openvino; without --python only ONNX Runtime itself is measured.',
  },
  quantize_mismatch: {
    kind: 'internal',
    message:
      'A text\u2019s logits change by {difference} with what else is in its batch, though the scheme {scheme} says they do not.',
    hint: 'Nothing was written. Take another scheme; please report it with the graph.',
  },
  calibration_missing: {
    kind: 'usage',
    message: 'The scheme {scheme} needs texts on which activations are measured.',
    hint: 'Give --data with a labelled file of which the train split is read, and for a bare ONNX file --tokenizer.',
  },
});
