/** What the figures rest on, in sentences: conditions, engines, and what is amiss. */
import { machineLine } from '../../core/machine.js';
import { mostMeasurements } from './measure.js';
import type { BundleComparison, Comparison } from './result.js';

export function conditions({ threads, affinity, seed, bundles, machine, measuredAt }: Comparison): string[] {
  const grid = bundles.flatMap(({ cells }) => cells.filter(({ kind }) => kind === 'grid'));
  const runs = grid.map((cell) => cell.runs);
  const range = runs.length === 0 ? null : [...new Set([Math.min(...runs), Math.max(...runs)])].join(' to ');
  return [
    `${String(threads)} thread${threads === 1 ? '' : 's'} for every engine, all in one process. ` +
      (affinity === null
        ? 'The system does not say which CPUs the process may use.'
        : `The process may use CPUs ${affinity}${isOneCpu(affinity) ? '' : ' (not pinned)'}.`),
    ...(range === null
      ? []
      : [
          `Each engine runs until three passes agree, then ${range} timed runs a cell, engines interleaved in random order ` +
            `(seed ${String(seed)}), in three windows whose medians must agree within 10 %; a cell where they do not is measured ` +
            `anew, ${String(mostMeasurements)} times at most, and its last measurement stands; tokenisation is not timed.`,
        ]),
    'Ratios are medians over pairs (same input, same round) with a 95 % bootstrap interval. A p99 of fewer than 100 runs is the slowest of them.',
    `Measured ${measuredAt.slice(0, 10)} on ${machineLine(machine)}.`,
  ];
}

/** A line an engine: how it computes, or why it is left out. */
export function engineLines({ engines }: BundleComparison): string[] {
  return engines.map((engine) =>
    engine.status === 'ran'
      ? `${engine.label}: ${engine.description}; ${engine.threading}`
      : `${engine.label}: left out. ${engine.reason} ${engine.hint}`,
  );
}

function isOneCpu(affinity: string): boolean {
  return /^\d+$/.test(affinity);
}
