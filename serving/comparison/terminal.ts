/** A comparison as tables for a terminal. */
import Table from 'cli-table3';
import { cellFigures, type Figures, milliseconds, profileFigures, runsText } from './figures.js';
import {
  type Comparison,
  type Cell,
  cellTitle,
  disagreements,
  type Profile,
  unstableCells,
} from './result.js';
import { conditions, engineLines } from './words.js';

export function renderComparison(comparison: Comparison): string {
  const lines: string[] = [];
  for (const one of comparison.bundles) {
    const { bundle, cells, profile } = one;
    lines.push(`${bundle.name}/${bundle.version}`);
    for (const cell of cells) lines.push('', title(cell), table(cellFigures(cell)));
    if (profile !== null) lines.push('', ...profileLines(profile));
    lines.push('', ...engineLines(one), '');
  }
  for (const which of disagreements(comparison)) lines.push(`DISAGREES  ${which}`);
  for (const which of unstableCells(comparison)) lines.push(`UNSTABLE   ${which}`);
  return [...lines, ...conditions(comparison)].join('\n');
}

function title(cell: Cell): string {
  const mark = cell.stable === false ? ': UNSTABLE, no result' : '';
  return `${cellTitle(cell)}, ${runsText(cell)}${mark}`;
}

function profileLines(profile: Profile): string[] {
  const { text, tokens, tokenisationMs } = profile;
  return [
    `where the time goes on one text of ${String(tokens)} tokens (${excerpt(text)}), in ms; its tokenisation takes ${milliseconds(tokenisationMs)}`,
    table(profileFigures(profile)),
  ];
}

function excerpt(text: string): string {
  const letters = Array.from(text);
  return letters.length <= 12 ? text : `${letters.slice(0, 12).join('')}…`;
}

function table({ header, rows }: Figures): string {
  const drawn = new Table({
    head: [...header],
    colAligns: ['left', ...header.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}
