/** Errors of what the HTTP and gRPC edges refuse. */
import { define } from './entry.js';

export const edgeErrors = define({
  route_unknown: {
    kind: 'not_found',
    message: 'There is no route {method} {path}.',
    hint: 'GET /openapi.json lists the routes.',
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
    message: 'A body of {type} is not taken.',
    hint: 'Send {accepted}.',
  },
  body_unreadable: {
    kind: 'malformed',
    message: 'The body cannot be read: {reason}.',
    hint: 'Send as many bytes as Content-Length says, packed as Content-Encoding says.',
  },
  header_invalid: {
    kind: 'malformed',
    message: 'The header {header} does not fit: {reason}.',
    hint: 'docs/http-api.md describes the headers.',
  },
  headers_too_large: {
    kind: 'headers_too_large',
    message: 'The headers are larger than the server takes.',
    hint: 'Send what is long in the body.',
  },
  http_malformed: {
    kind: 'malformed',
    message: 'The request is not valid HTTP.',
    hint: 'Use an HTTP client; the connection is closed.',
  },
  path_malformed: {
    kind: 'malformed',
    message: 'The path of the request cannot be decoded.',
    hint: 'Percent-encode UTF-8.',
  },
  request_too_slow: {
    kind: 'slow',
    message: 'The request did not arrive in time.',
    hint: 'Send headers and body without pauses; the connection is closed.',
  },
  api_key_missing: {
    kind: 'unauthenticated',
    message: 'This needs an API key.',
    hint: 'Send it as Authorization: Bearer KEY, or as X-API-Key: KEY.',
  },
  api_key_unknown: {
    kind: 'unauthenticated',
    message: 'The API key is not one of this server.',
    hint: 'Ask whoever runs it for a key.',
  },
  api_key_forbidden: {
    kind: 'forbidden',
    message: 'The API key {name} may not change what is served.',
    hint: 'Use a key that is marked admin in the file of keys.',
  },
  cross_site_refused: {
    kind: 'forbidden',
    message: 'A page of another site sent this.',
    hint: 'Name the origins whose pages may ask with --cors; everything but a browser may ask anyhow.',
  },
  api_keys_invalid: {
    kind: 'usage',
    message: 'The API keys of {source} cannot be used: {reason}.',
    hint: 'Give one key of at least 16 characters a line, its name before it if it has one.',
  },
  tls_invalid: {
    kind: 'usage',
    message: 'TLS cannot be set up with {certificate} and {key}: {reason}.',
    hint: 'Give --tls-cert and --tls-key PEM files that belong together.',
  },
  request_invalid: {
    kind: 'invalid',
    message: 'The request does not fit: {reason}.',
    hint: 'For a prediction send text with a string, or texts with strings; /docs describes every body.',
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
