/** The API key that requests bring along, where the server wants one: kept until the tab is closed. */
import { signal } from '@preact/signals';

const storageKey = 'retort.api-key';

/** Headers are bytes: a browser sends no letters beyond Latin-1 in them. */
export function isSendable(key: string): boolean {
  return /^[\x20-\xff]*$/.test(key);
}

export const apiKey = signal(read());

/** What a request brings along for it. */
export function keyHeaders(): Readonly<Record<string, string>> {
  return apiKey.value === '' ? {} : { 'x-api-key': apiKey.value };
}

/** @param value one that can be sent */
export function rememberKey(value: string): void {
  apiKey.value = value;
  try {
    sessionStorage.setItem(storageKey, value);
  } catch {
    // The key holds until the page is left.
  }
}

function read(): string {
  try {
    return sessionStorage.getItem(storageKey) ?? '';
  } catch {
    return '';
  }
}
