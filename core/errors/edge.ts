/** Errors of what the HTTP and gRPC edges refuse. */
import { define } from './entry.js';

export const edgeErrors = define({
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
});
