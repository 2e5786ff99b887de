/** How figures are written, alike in the terminal, on the page and in Markdown. */
import type { Cell, Profile, Timing } from './result.js';

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

/** A table's text. */
export interface Figures {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row an engine; the seed's table says what all runs took together. */
export function cellFigures({ kind, runs, timings }: Cell): Figures {
  const [reference] = timings;
  return kind === 'seed' && reference !== undefined
    ? { header: totalHeader, rows: timings.map((timing) => totalRow(timing, runs, reference)) }
    : { header: timingHeader, rows: timings.map(timingRow) };
}

/** Where an engine's time goes: a row an engine. */
export function profileFigures({ engines }: Profile): Figures {
  return {
    header: ['engine', 'total ms', 'kernels', 'dispatch', 'copies', 'operators run'],
    rows: engines.map(({ label, totalMs, kernelMs, dispatchMs, copiesMs, ops }) => [
      label,
      ...[totalMs, kernelMs, dispatchMs, copiesMs].map(milliseconds),
      String(ops.reduce((sum, { count }) => sum + count, 0)),
    ]),
  };
}

const timingHeader = [
  'engine',
  'median ms',
  'p95',
  'p99',
  'tokens/s',
  'times the first',
  '|logit diff|',
  'flips',
];

function timingRow(timing: Timing): string[] {
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

const totalHeader = ['engine', 'total s', 'a run, ms', 'total over the first', '|logit diff|'];

function totalRow(timing: Timing, runs: number, reference: Timing): string[] {
  return [
    timing.label,
    (timing.totalMs / 1000).toFixed(3),
    milliseconds(timing.totalMs / runs),
    (timing.totalMs / reference.totalMs).toFixed(3),
    differenceText(timing),
  ];
}

function factorText({ factor }: Pick<Timing, 'factor'>): string {
  if (factor === null) return '1';
  const [low, high] = factor.interval;
  return `${factor.estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function differenceText({ maxLogitDifference }: Pick<Timing, 'maxLogitDifference'>): string {
  return maxLogitDifference?.toExponential(1) ?? 'NaN';
}
