/** How figures are written, alike in the terminal, on the page and in Markdown. */
import type { Cell, Timing } from './result.js';

/** How often a cell was run, and how often it took measuring. */
export function runsText({ kind, runs, measurements }: Pick<Cell, 'kind' | 'runs' | 'measurements'>): string {
  return kind === 'seed' ? `${runs} runs` : `${runs} runs, ${timesText(measurements)}`;
}

function timesText(measurements: number): string {
  return measurements === 1 ? 'measured once' : `measured ${measurements} times, the last one kept`;
}

/** Three significant digits. */
export function milliseconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

export function factorText({ factor }: Pick<Timing, 'factor'>): string {
  if (factor === null) return '1';
  const [low, high] = factor.interval;
  return `${factor.estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

export function differenceText({ maxLogitDifference }: Pick<Timing, 'maxLogitDifference'>): string {
  return maxLogitDifference?.toExponential(1) ?? 'NaN';
}

export const timingHeader = [
  'engine',
  'median ms',
  'p95',
  'p99',
  'tokens/s',
  'times the first',
  '|logit diff|',
  'flips',
] as const;

export function timingRow(timing: Timing): string[] {
  return [
    timing.label,
    milliseconds(timing.medianMs),
    milliseconds(timing.p95Ms),
    milliseconds(timing.p99Ms),
    timing.wordsPerSecond.toFixed(0),
    factorText(timing),
    differenceText(timing),
    String(timing.labelFlips),
  ];
}

/** The seed's table: what all runs took together. */
export const totalHeader = [
  'engine',
  'total s',
  'a run, ms',
  'total over the first',
  '|logit diff|',
] as const;

export function totalRow(timing: Timing, runs: number, reference: Timing): string[] {
  return [
    timing.label,
    (timing.totalMs / 1000).toFixed(3),
    milliseconds(timing.totalMs / runs),
    (timing.totalMs / reference.totalMs).toFixed(3),
    differenceText(timing),
  ];
}

export const profileHeader = [
  'engine',
  'total ms',
  'kernels',
  'dispatch',
  'copies',
  'operators run',
] as const;
