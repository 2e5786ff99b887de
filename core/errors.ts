/**
 * Every error the product raises, in one table: a code, a message that names the thing, a hint that says what to do.
 * `docs/errors.md` lists the same table and a test holds the two together.
 *
 * Raise one with `throw fail('data_row_malformed', { path, line, reason })`; what stands in braces in the message or
 * the hint is a required detail.
 */

/** What kind of trouble it is. The HTTP edge and the command line map kinds to status and exit codes, once each. */
export type ErrorKind =
  | 'usage' // the command line or a configuration is wrong
  | 'invalid' // the input does not fit its schema or its limits
  | 'malformed' // the input cannot be parsed at all
  | 'too_large' // the input is larger than a limit allows
  | 'unsupported_media' // a content type or encoding that is not understood
  | 'method_not_allowed'
  | 'not_found'
  | 'overloaded' // a bounded queue is full: try again
  | 'unavailable' // loading, draining, or a needed package or file is absent
  | 'timeout'
  | 'corrupt' // stored bytes are not what their manifest says
  | 'internal'; // a bug in Retort

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
}

const define = <const E extends Record<string, ErrorEntry>>(entries: E): E => entries;

export const ERRORS = define({
  command_line_invalid: {
    kind: 'usage',
    message: 'The command line does not fit: {reason}.',
    hint: 'Add --help to see the commands, options and examples.',
  },
  // Data
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
    message: '{path} is a label file of other teachers, texts or settings.',
    hint: 'Repeat the command that began it, name another place with --out, or move the file away.',
  },
  labels_disagree: {
    kind: 'invalid',
    message: 'The teachers agree with {agreed} of {known} known labels only, fewer than half.',
    hint: 'Check that 0 is negative and 1 positive in the data, as in the logits of the teachers.',
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
  archive_malformed: {
    kind: 'corrupt',
    message: 'The archive {path} cannot be read: {reason}.',
    hint: 'Fetch it again; `retort data chnsenticorp` checks what it downloads.',
  },
  // Downloads
  download_url_invalid: {
    kind: 'usage',
    message: '{url} is not a URL that can be fetched.',
    hint: 'Give a URL that starts with http:// or https://.',
  },
  download_failed: {
    kind: 'unavailable',
    message: '{url} could not be fetched: {reason}.',
    hint: 'Try again: the download goes on where it stopped. Or fetch that URL elsewhere and put the file at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_refused: {
    kind: 'unavailable',
    message: '{url} was answered with the HTTP status {status}.',
    hint: 'Fetch the file elsewhere (--url takes a mirror) and put it at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_stalled: {
    kind: 'timeout',
    message: '{url} sent nothing for {seconds} s, after {bytes} bytes.',
    hint: 'Try again: the download goes on where it stopped. Or fetch that URL elsewhere and put the file at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_too_large: {
    kind: 'too_large',
    message: '{url} sends more than {limit} bytes, which the data set has not.',
    hint: 'Check the URL. Or fetch the file elsewhere and put it at {path}; its md5 is {md5}. Terms of the data: {terms}.',
  },
  download_corrupt: {
    kind: 'corrupt',
    message: 'The md5 of what {url} sent is {found}, not {md5}; it was not kept.',
    hint: 'Try again, or fetch the file elsewhere and put it at {path}. Terms of the data: {terms}.',
  },
  download_stopped: {
    kind: 'unavailable',
    message: 'The download of {url} was stopped after {bytes} bytes.',
    hint: 'The same command goes on from there.',
  },
  download_other_file: {
    kind: 'invalid',
    message: 'There is a file {path} already, with the md5 {found}, not {md5}.',
    hint: 'Move it away to have the data set fetched, or name another place with --out.',
  },
  file_unwritable: {
    kind: 'unavailable',
    message: '{path} cannot be written or read: {reason}.',
    hint: 'Check that its folder may be written and has room.',
  },
  // Text
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
  // Bundles
  bundle_missing: {
    kind: 'not_found',
    message: 'There is no {path}.',
    hint: 'Give the folder <name>/<version> of a bundle, which holds manifest.json.',
  },
  bundle_malformed: {
    kind: 'corrupt',
    message: '{path} is not valid: {reason}.',
    hint: 'Export the bundle again with this version of Retort.',
  },
  bundle_corrupt: {
    kind: 'corrupt',
    message: 'The bundle file {path} is damaged: {reason}.',
    hint: 'Copy the bundle again from where it was whole.',
  },
  bundle_exists: {
    kind: 'invalid',
    message: 'There is a bundle in {path} already.',
    hint: 'Choose another --model-version, or give --force to replace it.',
  },
  repository_missing: {
    kind: 'not_found',
    message: 'There is no model repository {path}.',
    hint: 'Give --repository a folder that holds <name>/<version>/ bundles.',
  },
  import_refused: {
    kind: 'invalid',
    message: '{path} cannot become a model: {reason}.',
    hint: 'It takes input_ids [batch, sequence], and where it has them attention_mask, token_type_ids and position_ids, with both axes dynamic, and gives one float32 output [batch, 2].',
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
  texts_missing: {
    kind: 'usage',
    message: 'There is no text to predict.',
    hint: 'Give texts as arguments, or a file with --input.',
  },
  // Serving
  bundle_parity: {
    kind: 'corrupt',
    message:
      'The bundle {path} gives logits that differ by {difference} from its golden ones (at most {tolerance}) on "{text}".',
    hint: 'The segmenter or the runtime differs from what the model was exported with; export it again here.',
  },
  queue_full: {
    kind: 'overloaded',
    message: 'The queue is full: {capacity} texts wait already.',
    hint: 'Try again after the time that Retry-After names, or start the server with more --workers.',
  },
  deadline_exceeded: {
    kind: 'timeout',
    message: 'The answer was not ready within {milliseconds} ms.',
    hint: 'Send fewer texts at once, allow more time with X-Request-Timeout-Ms, or start more --workers.',
  },
  client_gone: {
    kind: 'unavailable',
    message: 'The client closed the connection before the answer was ready.',
    hint: 'Nothing is to be done on the server.',
  },
  worker_died: {
    kind: 'unavailable',
    message: 'The worker that computed this died: {reason}.',
    hint: 'Try again; the server has replaced it. The log names the cause.',
  },
  model_refused: {
    kind: 'unavailable',
    message: 'The bundle {path} cannot be served: {reason}.',
    hint: 'Repair or replace the bundle; other versions are served meanwhile.',
  },
  model_missing: {
    kind: 'not_found',
    message: 'There is no model {model} in {path}.',
    hint: 'Models there: {known}.',
  },
  model_unknown: {
    kind: 'not_found',
    message: 'There is no model {model}.',
    hint: 'Served now: {known}.',
  },
  model_not_ready: {
    kind: 'unavailable',
    message: 'No model is ready.',
    hint: 'Wait until GET /v2/health/ready answers 200.',
  },
  server_draining: {
    kind: 'unavailable',
    message: 'The server is shutting down.',
    hint: 'Send the request to another instance.',
  },
  route_unknown: {
    kind: 'not_found',
    message: 'There is no route {method} {path}.',
    hint: 'The README lists the routes.',
  },
  method_not_allowed: {
    kind: 'method_not_allowed',
    message: '{path} does not take {method}.',
    hint: 'Use {allowed}.',
  },
  body_malformed: {
    kind: 'malformed',
    message: 'The body is not valid JSON: {reason}.',
    hint: 'Send a JSON object such as with the key text.',
  },
  body_too_large: {
    kind: 'too_large',
    message: 'The body is larger than {limit} bytes.',
    hint: 'Send fewer texts a request.',
  },
  body_unsupported: {
    kind: 'unsupported_media',
    message: 'The content type {type} is not taken.',
    hint: 'Send application/json.',
  },
  request_invalid: {
    kind: 'invalid',
    message: 'The request does not fit: {reason}.',
    hint: 'Send the key text with a string, or texts with an array of strings.',
  },
  text_too_long: {
    kind: 'invalid',
    message: 'Text {index} has {characters} characters; at most {limit} are taken.',
    hint: 'Shorten it: the student reads the first 128 words.',
  },
  too_many_texts: {
    kind: 'invalid',
    message: 'The request holds {texts} texts; at most {limit} are taken.',
    hint: 'Split it into several requests.',
  },
  inference_input_invalid: {
    kind: 'invalid',
    message: 'The input {name} does not fit: {reason}.',
    hint: 'GET /v2/models/MODEL lists names, datatypes and shapes.',
  },
  port_in_use: {
    kind: 'usage',
    message: 'Port {port} on {host} is taken.',
    hint: 'Choose another with --port, or stop the program that has it.',
  },
  address_unusable: {
    kind: 'usage',
    message: 'The server cannot listen on {host}, port {port}: {reason}.',
    hint: 'Give an address of this machine with --host, and a port with --port; those below 1024 need rights.',
  },
  // Networks
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
  // Graphs
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
  // Engines and runs
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
  run_exists: {
    kind: 'invalid',
    message: 'There is a training run in {path} already.',
    hint: 'Go on with it by adding --resume, or give another folder with --out.',
  },
  run_missing: {
    kind: 'not_found',
    message: 'There is no {path}.',
    hint: 'Give the folder of a finished `retort train student --out` run.',
  },
  run_malformed: {
    kind: 'corrupt',
    message: '{path} does not describe a training run: {reason}.',
    hint: 'Train again, or restore the file.',
  },
  data_without_labels: {
    kind: 'invalid',
    message: 'The {split} split of {path} holds no labelled rows.',
    hint: 'Training needs the splits train and dev with labels.',
  },
  tfjs_native_missing: {
    kind: 'unavailable',
    message: 'Native TensorFlow.js is not installed ({reason}).',
    hint: 'It is optional: npm install @tensorflow/tfjs-node@4.22.0 (or @tensorflow/tfjs-node-gpu@4.22.0), on Node 22 or older.',
  },
  // Training
  checkpoint_missing: {
    kind: 'not_found',
    message: 'There is no checkpoint {path}.',
    hint: 'Start without --resume, or give the folder of the run that you want to continue.',
  },
  checkpoint_malformed: {
    kind: 'corrupt',
    message: 'The checkpoint {path} cannot be read: {reason}.',
    hint: 'The file is damaged or not a safetensors file; use another copy of it.',
  },
  checkpoint_refused: {
    kind: 'invalid',
    message: '{path} asks for {name}, which no checkpoint needs.',
    hint: 'Nothing of it was run. Get the weights from a source that you trust, as safetensors if it has them.',
  },
  checkpoint_weights_missing: {
    kind: 'not_found',
    message: '{path} holds no weights that are known.',
    hint: 'Give the folder of a checkpoint with its weights in one of these forms: {known}.',
  },
  checkpoint_config_missing: {
    kind: 'not_found',
    message: '{path} holds no configuration.',
    hint: 'Put the file that came with the weights beside them: one of {known}.',
  },
  checkpoint_config_invalid: {
    kind: 'invalid',
    message: '{path} does not describe an encoder: {reason}.',
    hint: 'Give the configuration that the weights were published with; encoders of the BERT and ERNIE family are read.',
  },
  checkpoint_names_unknown: {
    kind: 'unsupported_media',
    message: 'The parameters in {path} are not named as those of a BERT or ERNIE encoder.',
    hint: 'Names as in {known} are read; `retort inspect` lists what a checkpoint holds.',
  },
  checkpoint_parameters_missing: {
    kind: 'invalid',
    message: '{path} lacks {count} parameters of the encoder that its configuration describes: {names}.',
    hint: 'Check that the configuration belongs to these weights and that the file is whole.',
  },
  checkpoint_shape_wrong: {
    kind: 'invalid',
    message:
      'The parameter {name} in {path} has the shape [{found}], where the configuration asks for [{expected}].',
    hint: 'Check that the configuration belongs to these weights.',
  },
  checkpoint_not_finite: {
    kind: 'corrupt',
    message: 'The parameter {name} in {path} holds a value that is not a finite number.',
    hint: 'The file is damaged, or its training diverged; use another copy of it.',
  },
  checkpoint_classifier_missing: {
    kind: 'invalid',
    message: '{path} holds no classifier, so it gives no logits to compare.',
    hint: 'Verify the checkpoint of a fine-tuned classifier.',
  },
  checkpoint_differs: {
    kind: 'invalid',
    message:
      'The logits of {path} differ by {difference} from the given ones; at most {tolerance} is accepted.',
    hint: 'Check the configuration (activation, epsilon, padding id) and that the given logits come from these weights without dropout.',
  },
  golden_invalid: {
    kind: 'invalid',
    message: '{path} cannot be compared with: {reason}.',
    hint: 'It is a JSON object with input_ids and logits, and where they apply attention_mask and token_type_ids, each an array of rows.',
  },
  vocabulary_mismatch: {
    kind: 'invalid',
    message: 'The tokenizer of {path} has {tokenizer} entries, its word embedding only {embedding} rows.',
    hint: 'Put the tokenizer beside the weights that they were published with.',
  },
  checkpoint_other_run: {
    kind: 'invalid',
    message: 'The checkpoint in {path} belongs to a run with other settings or other data.',
    hint: 'Repeat the settings of that run (its run.json lists them), or train into another folder.',
  },
  training_diverged: {
    kind: 'invalid',
    message: 'The loss is {loss} at step {step}.',
    hint: 'Lower --learning-rate or --clip-norm and resume from the last checkpoint.',
  },
  // Differentiation
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
  // Text files, load tests, comparisons
  texts_file_missing: {
    kind: 'not_found',
    message: 'There is no file of texts {path}.',
    hint: 'Check the path; the file holds one text a line (.txt), or one JSON value a line (.jsonl).',
  },
  texts_line_malformed: {
    kind: 'malformed',
    message: 'Line {line} of {path} is not a text.',
    hint: 'Each line of a .jsonl file is a JSON string or an object with a string `text`.',
  },
  texts_file_empty: {
    kind: 'invalid',
    message: 'There is no text in {path}.',
    hint: 'Write one text a line (.txt), or one JSON value a line (.jsonl).',
  },
  loadtest_url_invalid: {
    kind: 'usage',
    message: '{url} is not the URL of an HTTP server.',
    hint: 'Give a URL such as http://127.0.0.1:8080.',
  },
  loadtest_host_refused: {
    kind: 'usage',
    message:
      '{host} is not a loopback address, and a load test against a machine that is not yours is an attack.',
    hint: 'Run it beside the server, or name the host with `--allow-host {host}` if it is yours to load.',
  },
  loadtest_unreachable: {
    kind: 'unavailable',
    message: 'No server answers at {url}: {reason}.',
    hint: 'Start one with `retort serve`, and check the port.',
  },
  loadtest_route_wrong: {
    kind: 'not_found',
    message: '{url} answers a prediction request with status {status}.',
    hint: 'Give the address of a Retort server, or the full URL of a route that takes a JSON object with `text`.',
  },
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
  comparison_network_foreign: {
    kind: 'unavailable',
    message: 'Of {bundle} the graph alone is known, since it was imported.',
    hint: 'Compare engines that run the graph: static-unoptimized, static-web.',
  },
  comparison_parameter_missing: {
    kind: 'unsupported_media',
    message: 'There is no parameter {name} in {path}, so eager engines cannot compute its network.',
    hint: 'Export the bundle again with `retort export`, which keeps the parameters by name.',
  },
  bench_variant_missing: {
    kind: 'not_found',
    message: 'The bundle {bundle} has no {precision} variant.',
    hint: 'It has: {known}.',
  },
  bench_server_failed: {
    kind: 'internal',
    message: 'The server under test, `retort {command}`, did not become ready: {reason}.',
    hint: 'Run that command by itself to see what it says.',
  },
  bench_load_failed: {
    kind: 'internal',
    message: 'The load that drives the server ended with status {status}: {reason}.',
    hint: 'Run `retort serve` and `retort loadtest` by themselves to see what they say.',
  },
  internal_error: {
    kind: 'internal',
    message: 'Retort failed: {reason}.',
    hint: 'This is a bug in Retort; please report it with the command and the message.',
  },
});

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type ErrorDetails<C extends ErrorCode> = Record<
  Placeholders<(typeof ERRORS)[C]['message'] | (typeof ERRORS)[C]['hint']>,
  string | number
>;

/** An error as users see it. `toJSON` is the one shape that commands (`--json`) and the HTTP edge print. */
export class RetortError extends Error {
  override readonly name = 'RetortError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const entry: ErrorEntry = ERRORS[code];
    super(fill(entry.message, details), options);
    this.code = code;
    this.kind = entry.kind;
    this.hint = fill(entry.hint, details);
    this.details = details;
  }

  toJSON(): { code: ErrorCode; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/** Makes the error of the table with this code; the caller throws it. */
export function fail<C extends ErrorCode>(code: C, details: ErrorDetails<C>, cause?: unknown): RetortError {
  return new RetortError(code, details, cause === undefined ? undefined : { cause });
}

/** Any thrown value as a RetortError: what is not one already becomes `internal_error`. */
export function toRetortError(thrown: unknown): RetortError {
  if (thrown instanceof RetortError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return fail('internal_error', { reason }, thrown);
}

function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
