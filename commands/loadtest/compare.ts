/** `retort loadtest compare`: two load reports side by side. */
import { basename } from 'node:path';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { fail } from '../../core/errors.js';
import { writeWhole } from '../../core/write-whole.js';
import {
  type ComparedMeasure,
  compareRuns,
  comparisonRows,
  differences,
  type NamedRun,
} from '../../loadtest/compare-runs.js';
import { conditions, endings } from '../../loadtest/render.js';
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
  refuseOthers(command);
  const [nameA, nameB] = [basename(pathA, '.json'), basename(pathB, '.json')];
  const a = { name: nameA === nameB ? pathA : nameA, report: await readReport(pathA) };
  const b = { name: nameA === nameB ? pathB : nameB, report: await readReport(pathB) };
  const measures = compareRuns(a.report, b.report, seed);
  const warnings = differences(a, b);
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ a: a.name, b: b.name, measures, warnings }, null, 2)}\n`
      : render(a, b, measures, warnings),
  );
  if (html !== undefined) {
    const { comparePage } = await import('../../loadtest/html/compare-page.js');
    await writeWhole(html, comparePage(a, b, measures));
  }
}

/** The parent takes its options here too, and they would do nothing. */
function refuseOthers(command: Command): void {
  const { parent } = command;
  const own = new Set(command.options.map((option) => option.attributeName()));
  const other = parent?.options.find(
    (option) =>
      !own.has(option.attributeName()) && parent.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (other !== undefined)
    throw fail('command_line_invalid', { reason: `compare has no ${other.long ?? other.flags}` });
}

function render(
  a: NamedRun,
  b: NamedRun,
  measures: readonly ComparedMeasure[],
  warnings: readonly string[],
): string {
  const table = new Table({
    head: ['', a.name, b.name, `${b.name} / ${a.name}`],
    style: { head: [], border: [] },
  });
  table.push(...comparisonRows(measures));
  return [
    table.toString(),
    '95 % intervals, from resampling whole seconds of each run',
    ...[a, b].map(
      ({ name, report }) => `${name}: ${report.url}${endings[report.ended]}, ${conditions(report)}`,
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
    '',
  ].join('\n');
}
