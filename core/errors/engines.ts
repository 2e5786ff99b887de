/** Errors of execution engines. */
import { define } from './entry.js';

export const enginesErrors = define({
  session_refused: {
    kind: 'invalid',
    message: 'ONNX Runtime refused the model: {reason}.',
    hint: 'Check the file with `retort inspect`, or export it again.',
  },
  session_run_failed: {
    kind: 'internal',
    message: 'ONNX Runtime failed on this input: {reason}.',
    hint: 'Check dtypes and shapes of the inputs against the model.',
  },
  provider_missing: {
    kind: 'unavailable',
    message: 'The {provider} provider is not to be had: {reason}.',
    hint: 'Install its libraries for onnxruntime-node, or use the CPU provider.',
  },
  tfjs_native_missing: {
    kind: 'unavailable',
    message: 'Native TensorFlow.js is not installed ({reason}).',
    hint: 'It is optional: npm install @tensorflow/tfjs-node@4.22.0 (or @tensorflow/tfjs-node-gpu@4.22.0), on Node 22 or older.',
  },
});
