/** A comparison as a page of documentation. */
import { cellFigures, type Figures, milliseconds, profileFigures, runsText } from './figures.js';
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
  const heading = `### ${sentence(cellTitle(cell))}`;
  if (cell.kind === 'seed')
    return [
      `${heading}: the seed's table`,
      `${String(cell.runs)} runs by each engine, added up.`,
      table(cellFigures(cell)),
    ];
  const mark = cell.stable === false ? ' **No result: its windows disagree by more than 10 %.**' : '';
  return [heading, `Each engine: ${runsText(cell)}.${mark}`, table(cellFigures(cell))];
}

function profileParts(profile: Profile): string[] {
  const { text, tokens, tokenisationMs, engines } = profile;
  const { header, rows } = profileFigures(profile);
  const longest = engines.map(({ ops }) =>
    ops
      .slice(0, 3)
      .map(({ op, milliseconds: ms }) => `${op} ${milliseconds(ms)}`)
      .join(', '),
  );
  return [
    '### Where the time goes',
    `One text of ${String(tokens)} tokens (${text.replace(/[|<>*_`]/g, ' ')}), milliseconds of one run; its tokenisation takes ${milliseconds(tokenisationMs)} ms whatever the engine.`,
    table({
      header: [...header, 'longest'],
      rows: rows.map((row, place) => [...row, longest[place] ?? '']),
    }),
  ];
}

function table({ header, rows }: Figures): string {
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
