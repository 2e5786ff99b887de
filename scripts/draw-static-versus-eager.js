// Draws docs/images/static-versus-eager.svg from the tables of docs/static-versus-eager.md, which `retort compare --write`
// wrote: node scripts/draw-static-versus-eager.js; with `-` it prints the picture instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { axisX, dot, gridX, plot, ruleX, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const page = new URL('../docs/static-versus-eager.md', import.meta.url);
const picture = new URL('../docs/images/static-versus-eager.svg', import.meta.url);

/** Times of every engine in the cells of one text, the reference first. A cell that is marked as no result is left out. */
function cellsOf(markdown) {
  const broken = [...markdown.matchAll(/^\*\*No result, windows disagree:\*\* (.*?) \(/gm)].map(
    ([, cell]) => cell,
  );
  const cells = [];
  for (const bundle of markdown.split(/^## /m).slice(1)) {
    const [, name = ''] = /^(\w+)\//.exec(bundle) ?? [];
    for (const section of bundle.split(/^### /m).slice(1)) {
      const [, batch, tokens] = /^Batch (\d+), (\d+) tokens$/m.exec(section) ?? [];
      if (batch !== '1' || broken.includes(`${name}, batch 1, ${tokens} tokens`)) continue;
      const cell = `${name}, ${tokens} tokens`;
      const rows = [...section.matchAll(/^\| (\S+ \w+) +\| +([\d.]+) \|/gm)];
      for (const [place, [, engine, ms]] of rows.entries())
        cells.push({ cell, engine, ms: Number(ms), isReference: place === 0 });
    }
  }
  return cells;
}

function draw(markdown) {
  const data = cellsOf(markdown);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  // Engines are told apart by name, so the colours need no legend.
  const engines = [...new Set(data.map(({ engine }) => engine))];
  const facets = [...new Set(data.map(({ cell }) => cell))];
  const grouping = { y: 'engine', fy: 'cell' };
  const svg = plot({
    document,
    width: 880,
    height: 50 + facets.length * (18 + engines.length * 18),
    marginLeft: 150,
    marginRight: 150,
    x: { type: 'log', label: 'milliseconds of one text (median)' },
    y: { label: null, domain: engines },
    fy: { label: null, domain: facets },
    color: { domain: engines, scheme: 'dark2' },
    marks: [
      gridX({ ticks: 5 }),
      axisX({ ticks: 5, tickFormat: '~s' }),
      ruleX(
        data.filter(({ isReference }) => isReference),
        { x: 'ms', fy: 'cell', strokeDasharray: '3,3' },
      ),
      dot(data, { ...grouping, x: 'ms', fill: 'engine', r: 4 }),
      text(data, { ...grouping, x: 'ms', text: ({ ms }) => String(ms), dx: 8, textAnchor: 'start' }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Milliseconds of one text by engine, student and teacher');
  // A picture in a page does not inherit the page's colours.
  svg.setAttribute('style', 'background: white; color: #1a1a1a; font-family: system-ui, sans-serif');
  return `${svg.outerHTML}\n`;
}

const drawn = draw(readFileSync(page, 'utf8'));
if (process.argv[2] === '-') process.stdout.write(drawn);
else writeFileSync(picture, drawn);
