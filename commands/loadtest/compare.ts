/** `retort loadtest compare`: two load reports side by side. */
import { basename } from 'node:path';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { writeWhole } from '../../core/write-whole.js';
import { compareRuns, comparisonRows } from '../../loadtest/compare-runs.js';
import { readReport } from '../../loadtest/report.js';
import { integer } from '../options.js';

interface CompareOptions {
  readonly html?: string;
  readonly seed: number;
  readonly json?: true;
}

export function register(loadtest: Command): void {
  loadtest
    .command('compare')
    .summary('two load reports side by side, with intervals')
    .description('Compares two reports that --out has written. Intervals come from resampling whole seconds.')
    .argument('<a>', 'a report, JSON')
    .argument('<b>', 'another')
    .option('--html <file>', 'write the comparison as a page with charts')
    .option('--seed <n>', 'of the intervals', integer(0, 2 ** 31 - 1), 1)
    .option('--json', 'print the comparison as JSON')
    .addHelpText('after', '\nExample:\n  retort loadtest compare before.json after.json --html compared.html')
    .action(run);
}

async function run(pathA: string, pathB: string, _options: unknown, command: Command): Promise<void> {
  // An option that the parent has too is the parent's, to commander.
  const { html, seed, json } = command.optsWithGlobals<CompareOptions>();
  const [nameA, nameB] = [basename(pathA, '.json'), basename(pathB, '.json')];
  const a = { name: nameA === nameB ? pathA : nameA, report: await readReport(pathA) };
  const b = { name: nameA === nameB ? pathB : nameB, report: await readReport(pathB) };
  const measures = compareRuns(a.report, b.report, seed);
  if (html !== undefined) {
    const { comparePage } = await import('../../loadtest/html/compare-page.js');
    await writeWhole(html, comparePage(a, b, measures));
  }
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ a: a.name, b: b.name, measures }, null, 2)}\n`);
    return;
  }
  const table = new Table({
    head: ['', a.name, b.name, `${b.name} / ${a.name}`],
    style: { head: [], border: [] },
  });
  table.push(...comparisonRows(measures));
  process.stdout.write(`${table.toString()}\n95 % intervals, from resampling whole seconds of each run\n`);
}
