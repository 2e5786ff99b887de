/** Numbers as the reader's language writes them. */
import { locale, text } from '../i18n/index.js';

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Of a share in [0, 1]. Never 100 % of what is not certain. */
export function percent(share: number, digits = 1): string {
  const largest = 1 - 10 ** -(digits + 2);
  return (share < 1 ? Math.min(share, largest) : share).toLocaleString(locale.value, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Three significant digits. */
export function milliseconds(value: number): string {
  const digits = value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return text.value.milliseconds(number(value, digits));
}

/** A dash where there was nothing to do, as for an answer that the server had kept. */
export function timeSpent(value: number): string {
  return value === 0 ? '–' : milliseconds(value);
}

export function mebibytes(bytes: number): string {
  return `${number(bytes / 2 ** 20, bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
}

export function date(iso: string): string {
  return new Date(iso).toLocaleString(locale.value, { dateStyle: 'medium', timeStyle: 'short' });
}
