import { text } from '../i18n/index.js';

/** A model's label in the reader's language; as the model calls it where there is no translation. */
export function labelName(label: string): string {
  const { labels } = text.value;
  return label === 'negative' || label === 'positive' ? labels[label] : label;
}
