/** What an entry of the error table is. */

/** What kind of trouble it is. The HTTP edge and the command line map kinds to status and exit codes, once each. */
export type ErrorKind =
  | 'usage' // the command line or a configuration is wrong
  | 'invalid' // the input does not fit its schema or its limits
  | 'malformed' // the input cannot be parsed at all
  | 'too_large' // the input is larger than a limit allows
  | 'unsupported_media' // a content type or encoding that is not understood
  | 'method_not_allowed'
  | 'unauthenticated' // an API key is needed
  | 'forbidden' // another API key is needed
  | 'slow' // the client took too long to send its request
  | 'headers_too_large'
  | 'not_found'
  | 'overloaded' // a bounded queue is full: try again
  | 'unavailable' // loading, draining, or a needed package or file is absent
  | 'timeout'
  | 'corrupt' // stored bytes are not what their manifest says
  | 'internal'; // a bug in Retort

export interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
}

/** Keeps the literal types of an entry, from which its required details are read. */
export const define = <const E extends Record<string, ErrorEntry>>(entries: E): E => entries;
