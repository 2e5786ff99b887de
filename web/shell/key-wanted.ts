/** Whether the server wants an API key, and whether it is asked for now. */
import { computed, signal } from '@preact/signals';
import { server } from './server-state.js';

const keyCodes = ['api_key_missing', 'api_key_unknown'];

export const isKeyWanted = computed(
  () => server.value.kind === 'failed' && keyCodes.includes(server.value.failure.code),
);

/** Closed by hand, until it is asked for again. */
const isDismissed = signal(false);

export const isKeyAsked = computed(() => isKeyWanted.value && !isDismissed.value);

export function askForKey(): void {
  isDismissed.value = false;
}

export function dismissKey(): void {
  isDismissed.value = isKeyWanted.value;
}
