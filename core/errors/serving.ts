/** Errors of the queue, the workers and the models of a server. */
import { define } from './entry.js';

export const servingErrors = define({
  queue_full: {
    kind: 'overloaded',
    message: 'The queue is full: {capacity} texts wait already.',
    hint: 'Try again in {seconds} s, as Retry-After says, or start the server with more --workers.',
  },
  request_over_capacity: {
    kind: 'invalid',
    message: 'The request asks for {items} texts at once; the queue holds {capacity}.',
    hint: 'Send at most {capacity} texts a request, or start the server with a larger queue.capacity; an explanation takes a text for each of explain.runs.',
  },
  queue_too_long: {
    kind: 'overloaded',
    message: 'What waits already takes about {wait} ms, and the answer is wanted within {milliseconds} ms.',
    hint: 'Try again in {seconds} s, as Retry-After says, allow more time, or start the server with more --workers.',
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
  load_timeout: {
    kind: 'unavailable',
    message: 'A worker did not load the bundle {path} within {milliseconds} ms.',
    hint: 'Load it again, or allow more time with workers.loadTimeoutMs in the configuration.',
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
  model_file_unknown: {
    kind: 'not_found',
    message: 'Model {model} has no file {file}.',
    hint: 'Its files: {known}.',
  },
  model_not_ready: {
    kind: 'unavailable',
    message: 'No model is ready to answer: {reason}.',
    hint: 'Wait until GET /v2/health/ready answers 200, or name a model that GET /v1/models lists.',
  },
  server_draining: {
    kind: 'unavailable',
    message: 'The server is shutting down.',
    hint: 'Send the request to another instance.',
  },
  model_without_previous: {
    kind: 'invalid',
    message: 'There was no other version of {model} before.',
    hint: 'Load a version by its number.',
  },
  canary_stable: {
    kind: 'invalid',
    message: 'Version {version} of {model} is the stable one.',
    hint: 'Give the share to another version.',
  },
  graph_undrawable: {
    kind: 'unavailable',
    message: 'The graph of {model} cannot be drawn: {reason}.',
    hint: 'Start the server with `retort serve`; `retort optimize --report` draws any ONNX file.',
  },
  variant_missing: {
    kind: 'invalid',
    message: 'The bundle {path} has no variant of precision {precision}.',
    hint: 'Its variants are: {known}.',
  },
  config_missing: {
    kind: 'usage',
    message: 'The configuration {path} cannot be read.',
    hint: 'Give --config a JSON file; docs/serving.md lists its entries.',
  },
  config_invalid: {
    kind: 'usage',
    message: 'The configuration {path} does not fit: {reason}.',
    hint: 'docs/serving.md lists its entries.',
  },
  explain_unsupported: {
    kind: 'invalid',
    message: 'The tokenizer of this model cannot say which part of a text a token stands for.',
    hint: 'Ask a model with a word tokenizer, such as the shipped student.',
  },
  explain_too_many: {
    kind: 'invalid',
    message: 'The request asks to explain {texts} texts; one is explained at once.',
    hint: 'Send one text a request with explain.',
  },
});
