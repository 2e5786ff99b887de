/** Errors of export and import. */
import { define } from './entry.js';

export const exportErrors = define({
  import_refused: {
    kind: 'invalid',
    message: '{path} cannot become a model: {reason}.',
    hint: 'It takes input_ids [batch, sequence], and where it has them attention_mask, token_type_ids and position_ids, with both axes dynamic, and gives one float32 output [batch, 2].',
  },
  prune_tokenizer_unknown: {
    kind: 'invalid',
    message: 'A vocabulary of the kind {kind} cannot be pruned.',
    hint: 'These can: {known}.',
  },
  prune_network_unknown: {
    kind: 'invalid',
    message: 'A network of the kind {kind} has no table with a row for each piece of its vocabulary.',
    hint: 'The vocabularies of bilstm and ernie can be pruned, of bundles that hold them with all parameters.',
  },
  prune_ids_changed: {
    kind: 'internal',
    message: 'With the pruned vocabulary a text is cut into other pieces: {text}',
    hint: 'Nothing was written. This is a bug in Retort; please report it with the kind of tokenizer.',
  },
  prune_heads_unknown: {
    kind: 'invalid',
    message: 'A network of the kind {kind} has no attention heads.',
    hint: 'Heads of encoders can be pruned, of bundles that hold them with all parameters; the shipped teacher is one.',
  },
  prune_heads_too_many: {
    kind: 'invalid',
    message: '{wanted} of {total} heads cannot be removed: each of {layers} layers keeps one.',
    hint: 'At most {most} can be removed.',
  },
  notes_missing: {
    kind: 'not_found',
    message: 'The notes {path} cannot be read.',
    hint: 'Give --notes a Markdown file.',
  },
  export_mismatch: {
    kind: 'internal',
    message:
      'The exported graph differs from the eager forward by {difference} on a logit; at most {tolerance} is allowed ({level}).',
    hint: 'This is a bug in Retort; please report it with the network configuration.',
  },
  export_graph_alone: {
    kind: 'invalid',
    message: 'Of {path} the graph alone is known, since it was imported: there is no network to export anew.',
    hint: 'Its ONNX file is a model already; `retort optimize` rewrites it.',
  },
  export_parameter_missing: {
    kind: 'invalid',
    message: 'The bundle {path} holds no parameter {name}, so its network cannot be written anew.',
    hint: 'Export the training run that it came from.',
  },
  export_classes_wrong: {
    kind: 'invalid',
    message: '{path} tells {classes} classes apart, not two.',
    hint: 'Fine-tune it with `retort train teacher`, which gives it a classifier of two classes.',
  },
  export_ir_version_outside: {
    kind: 'usage',
    message: 'The IR version {version} does not go with opset {opset}: {oldest} to {newest} do.',
    hint: 'Leave --ir-version out, or choose one in that window.',
  },
});
