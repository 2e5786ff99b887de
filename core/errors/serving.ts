/** Errors of the queue, the workers and the models of a server. */
import { define } from './entry.js';

export const servingErrors = define({
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
  model_file_unknown: {
    kind: 'not_found',
    message: 'Model {model} has no file {file}.',
    hint: 'Its files: {known}.',
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
});
