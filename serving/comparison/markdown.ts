/** A comparison as a page of documentation. */
import {
  milliseconds,
  profileHeader,
  runsText,
  timingHeader,
  timingRow,
  totalHeader,
  totalRow,
} from './figures.js';
import {
  type BundleComparison,
  type Cell,
  cellTitle,
  type Comparison,
  disagreements,
  type Profile,
  unstableCells,
} from './result.js';
import { conditions, engineLines } from './words.js';

export function comparisonMarkdown(comparison: Comparison): string {
  const amiss = [
    ...disagreements(comparison).map((which) => `**Engines disagree:** ${which}.`),
    ...unstableCells(comparison).map((which) => `**No result, windows disagree:** ${which}.`),
  ];
  return [
    '# Static against eager',
    `Written by \`${comparison.command}\`; [compare.md](compare.md) says how to read it.`,
    ...amiss,
    bullets(conditions(comparison)),
    ...comparison.bundles.flatMap(bundleParts),
  ]
    .join('\n\n')
    .concat('\n');
}

function bundleParts(one: BundleComparison): string[] {
  const { bundle, cells, profile } = one;
  return [
    `## ${bundle.name}/${bundle.version}`,
    bullets(engineLines(one)),
    ...cells.flatMap(cellParts),
    ...(profile === null ? [] : profileParts(profile)),
  ];
}

function cellParts(cell: Cell): string[] {
  const [reference] = cell.timings;
  const heading = `### ${sentence(cellTitle(cell))}`;
  if (cell.kind === 'seed' && reference !== undefined)
    return [
      `${heading}: the seed's table`,
      `${String(cell.runs)} runs by each engine, added up.`,
      table(
        totalHeader,
        cell.timings.map((timing) => totalRow(timing, cell.runs, reference)),
      ),
    ];
  const mark = cell.stable === false ? ' **No result: its windows disagree by more than 10 %.**' : '';
  return [
    heading,
    `Each engine: ${runsText(cell)}.${mark}`,
    table(timingHeader, cell.timings.map(timingRow)),
  ];
}

function profileParts({ text, tokens, tokenisationMs, engines }: Profile): string[] {
  return [
    '### Where the time goes',
    `One text of ${String(tokens)} tokens (${text.replace(/[|<>*_`]/g, ' ')}), milliseconds of one run; its tokenisation takes ${milliseconds(tokenisationMs)} ms whatever the engine.`,
    table(
      [...profileHeader, 'longest'],
      engines.map(({ label, totalMs, kernelMs, dispatchMs, copiesMs, ops }) => [
        label,
        ...[totalMs, kernelMs, dispatchMs, copiesMs].map(milliseconds),
        String(ops.reduce((sum, { count }) => sum + count, 0)),
        ops
          .slice(0, 3)
          .map(({ op, milliseconds: ms }) => `${op} ${milliseconds(ms)}`)
          .join(', '),
      ]),
    ),
  ];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const rule = `| --- |${' ---: |'.repeat(header.length - 1)}`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
