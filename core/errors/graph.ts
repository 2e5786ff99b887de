/** Errors of networks, graphs, their ONNX form and their gradients. */
import { define } from './entry.js';

export const graphErrors = define({
  network_unknown: {
    kind: 'unsupported_media',
    message: 'There is no network of kind {kind}.',
    hint: 'This version of Retort knows: {known}.',
  },
  network_config_invalid: {
    kind: 'invalid',
    message: 'The configuration of a {kind} network is not valid: {reason}.',
    hint: 'Compare it with the configuration in the manifest of a shipped bundle.',
  },
  graph_shape_mismatch: {
    kind: 'invalid',
    message: 'The shapes {left} and {right} do not fit {operator} (node {node}).',
    hint: 'Check the shapes that the graph declares for its inputs and initializers.',
  },
  graph_axis_outside: {
    kind: 'invalid',
    message: '{operator} (node {node}) names the axis {axis} of a value that has {rank}.',
    hint: 'Check the axes that the graph gives the operator, and the shapes of its inputs.',
  },
  onnx_missing: {
    kind: 'not_found',
    message: 'There is no ONNX file {path}.',
    hint: 'Check the path.',
  },
  onnx_malformed: {
    kind: 'malformed',
    message: 'These bytes are not an ONNX model that Retort can read: {reason}.',
    hint: 'Check that the file is complete; a model with external data must be saved as one file first.',
  },
  gradient_missing: {
    kind: 'internal',
    message: 'There is no gradient for {what}.',
    hint: 'Add a rule to training/autodiff/rules.ts, or leave the parameter out of what is trained.',
  },
  gradient_shape_unknown: {
    kind: 'internal',
    message: 'The shape of {value} is not known, so its gradient cannot be written down.',
    hint: 'Declare the shapes of the graph\u2019s inputs, and give every operator an inference rule.',
  },
  gradient_table_misused: {
    kind: 'internal',
    message:
      'The row-sparse table {parameter} is read by {operator} (node {node}), not only gathered from by row.',
    hint: 'Declare the parameter without rowSparse.',
  },
});
