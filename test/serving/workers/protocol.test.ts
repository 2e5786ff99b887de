/** What crosses from a worker to the main thread. */
import { expect, test } from '@jest/globals';
import { fail } from '../../../core/errors.js';
import { receivedError, sentError } from '../../../serving/workers/protocol.js';

test.each([
  ['of the table', fail('explain_unsupported', {})],
  ['of the table, with a detail', fail('session_run_failed', { reason: 'no memory' })],
  ['of the language', new TypeError('something else')],
])('an error %s keeps its code and its words in a copy', (_, thrown) => {
  const received = receivedError(structuredClone(sentError(thrown)));
  expect(received.code).toBe('code' in thrown ? thrown.code : 'internal_error');
  expect(received.message).toContain(thrown.message);
});
