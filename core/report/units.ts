/** Counts and sizes as people read them. */

/** 12.34 M; below ten thousand the number itself. */
export function countText(value: number): string {
  const [power, unit] =
    value >= 1e9 ? [1e9, ' G'] : value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, ''];
  return `${(value / power).toFixed(power === 1 ? 0 : 2)}${unit}`;
}

/** 12.3 MiB */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
