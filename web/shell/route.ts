/** Where the reader is: `#panel?key=value`. What follows the hash never reaches the server. */
import { computed, signal } from '@preact/signals';

export const panelNames = ['try', 'browser', 'compare', 'models', 'load'] as const;
export type PanelName = (typeof panelNames)[number];

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

const parts = computed(() => {
  const [name = '', query = ''] = hash.value.replace(/^#/, '').split('?', 2);
  return { panel: panelNames.find((one) => one === name) ?? 'try', query: new URLSearchParams(query) };
});

export const panel = computed(() => parts.value.panel);
export const query = computed(() => parts.value.query);

export function linkTo(name: PanelName, values: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(values).toString();
  return text === '' ? `#${name}` : `#${name}?${text}`;
}

/** Says in the address what is shown, without a new entry in the history. */
export function remember(name: PanelName, values: Readonly<Record<string, string>>): void {
  history.replaceState(null, '', linkTo(name, values));
  hash.value = location.hash;
}
