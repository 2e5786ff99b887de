/** What stands where content would: nothing yet, a wait, a failure. */
import type { ComponentChildren } from 'preact';
import type { RequestFailure } from '../api/client.js';
import { text } from '../i18n/index.js';
import { failureWords } from './failure-words.js';

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="notice">
      <svg class="notice-picture" viewBox="0 0 64 40" aria-hidden="true">
        <path d="M24 8c7 0 11.500 4.400 22 20l-4 3C35 21 32 18.500 30 18a11.500 11.500 0 1 1-6-10Z" />
        <circle cx="46" cy="35" r="2.500" />
      </svg>
      <p class="notice-title">{title}</p>
      {children === undefined ? null : <div class="notice-text">{children}</div>}
    </div>
  );
}

export function Waiting({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="notice" role="status">
      <span class="spinner" aria-hidden="true" />
      <p class="notice-title">{title}</p>
      {children === undefined ? null : <div class="notice-text">{children}</div>}
    </div>
  );
}

export function Failure({
  failure,
  onRetry,
}: {
  readonly failure: RequestFailure;
  readonly onRetry?: () => void;
}) {
  const { message, hint } = failureWords(failure);
  return (
    <div class="notice notice-failure" role="alert">
      <p class="notice-title">{message}</p>
      <div class="notice-text">
        {hint === '' ? null : <p>{hint}</p>}
        <p class="quiet">
          {text.value.failure.code}: <code>{failure.code}</code>
        </p>
      </div>
      {onRetry === undefined ? null : (
        <button type="button" class="button" onClick={onRetry}>
          {text.value.failure.retry}
        </button>
      )}
    </div>
  );
}
