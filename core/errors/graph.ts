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
    hint: 'Check that the file is complete. A model with external data is given by its path, its data beside it.',
  },
  onnx_unsupported: {
    kind: 'unsupported_media',
    message: 'The model has {what}, which Retort does not read.',
    hint: 'Save the model without it; `retort inspect` lists what the file holds.',
  },
  onnx_port_unsupported: {
    kind: 'unsupported_media',
    message: 'The input or output {name} of the model is of the type {type}, which Retort does not read.',
    hint: 'Cast it within the model, so that it is a tensor of one of {known}.',
  },
  onnx_too_large: {
    kind: 'too_large',
    message: '{what} has {bytes} bytes; at most {limit} are taken.',
    hint: 'Save the model with its tensors as raw data, in the file or beside it.',
  },
  onnx_tensor_incomplete: {
    kind: 'corrupt',
    message: 'The tensor {name} has {found} bytes, where its type and shape ask for {expected}.',
    hint: 'Save the model again with the data of every tensor; weights may have been left out on purpose.',
  },
  onnx_external_missing: {
    kind: 'not_found',
    message: 'The tensor {name} lies in {path}, which cannot be read: {reason}.',
    hint: 'Put the data file where the model names it, in the folder of the model.',
  },
  onnx_external_outside: {
    kind: 'invalid',
    message: 'The tensor {name} names the data file {location}, which is outside of the folder of the model.',
    hint: 'Copy the data file into that folder, not a link to it, and save the model with its bare name.',
  },
  onnx_external_short: {
    kind: 'corrupt',
    message: 'The tensor {name} lies at bytes {start} to {end} of {path}, which has {size}.',
    hint: 'The data file is cut off or belongs to another model; copy it again.',
  },
  graph_name_duplicated: {
    kind: 'invalid',
    message: 'Two values of the graph {graph} are called {name}.',
    hint: 'Each input, initializer and output of a node has a name of its own; export the model again.',
  },
  graph_value_missing: {
    kind: 'invalid',
    message: 'Nothing in the graph {graph} gives the value {name}, which {reader} reads.',
    hint: 'The model is cut or was edited; export it again.',
  },
  graph_cyclic: {
    kind: 'invalid',
    message: 'The graph {graph} has a cycle through the node {node}.',
    hint: 'A value may not depend on itself; a recurrence is written as a Loop or a Scan.',
  },
  graph_symbol_unknown: {
    kind: 'usage',
    message: 'The graph has no dimension {name} among its inputs.',
    hint: 'It has: {known}.',
  },
  opset_outside: {
    kind: 'invalid',
    message: 'The opset {opset} is outside of what {stage} takes: {oldest} to {newest}.',
    hint: 'Export the model with an opset in that window, or convert it with the converter of the onnx package.',
  },
  opset_unconvertible: {
    kind: 'invalid',
    message: 'The node {node} ({operator}) cannot be brought from opset {from} to opset {opset}: {reason}.',
    hint: 'Choose an opset nearer to that of the file, or leave --opset out.',
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
