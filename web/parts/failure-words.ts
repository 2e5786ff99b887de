import { PageFailure, type RequestFailure } from '../api/client.js';
import type { FailureWords } from '../i18n/en.js';
import { text } from '../i18n/index.js';

/** As the server said it; in the reader's language where the page found it. */
export function failureWords(failure: RequestFailure): FailureWords {
  return failure instanceof PageFailure
    ? text.value.failure.problems[failure.problem](failure.detail)
    : failure;
}
