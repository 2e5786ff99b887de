/** What crosses from a worker to the main thread. */
import { expect, test } from '@jest/globals';
import { fail } from '../../../core/errors.js';
import { receivedError, sentError } from '../../../serving/workers/protocol.js';

test.each([
  fail('explain_unsupported', {}),
  fail('session_run_failed', { reason: 'no memory' }),
  new TypeError('something else'),
])('%s keeps its code and its words in a copy', (thrown) => {
  const received = receivedError(structuredClone(sentError(thrown)));
  expect(received.code).toBe('code' in thrown ? thrown.code : 'internal_error');
  expect(received.message).toContain(thrown.message);
});
