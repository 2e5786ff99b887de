/** A comparison as one HTML page: charts and tables, nothing fetched. */
import * as Plot from '@observablehq/plot';
import { chart } from '../../core/report/chart.js';
import { type Html, html } from '../../core/report/html.js';
import { type ReportSection, reportPage } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import { cellFigures, milliseconds, profileFigures, runsText } from './figures.js';
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

/** The whole file's text. */
export function comparisonPage(comparison: Comparison): string {
  const names = comparison.bundles.map(({ bundle }) => `${bundle.name}/${bundle.version}`).join(' and ');
  const amiss = [
    ...disagreements(comparison).map((which) => `Engines disagree: ${which}.`),
    ...unstableCells(comparison).map((which) => `No result, windows disagree: ${which}.`),
  ];
  return reportPage({
    title: `Static against eager: ${names}`,
    summary: amiss.length === 0 ? accepted(comparison) : amiss.join(' '),
    sections: [
      ...comparison.bundles.flatMap(bundleSections),
      { heading: 'Conditions', body: list(conditions(comparison)) },
    ],
  });
}

function accepted({ bundles }: Comparison): string {
  const hasWindows = bundles.some(({ cells }) => cells.some(({ kind }) => kind === 'grid'));
  return `No engine's logits are further from the first one's than is accepted${hasWindows ? ', and all windows agree' : ''}.`;
}

function bundleSections(one: BundleComparison): ReportSection[] {
  const { bundle, cells, profile } = one;
  const grid = cells.filter(({ kind }) => kind === 'grid');
  const name = `${bundle.name}/${bundle.version}`;
  return [
    ...(grid.length === 0 ? [] : [{ heading: `${name}: speed`, body: speed(grid) }]),
    ...cells.map((cell) => ({ heading: `${name}: ${cellTitle(cell)}`, body: cellTable(cell) })),
    ...(profile === null ? [] : [{ heading: `${name}: where the time goes`, body: profileBody(profile) }]),
    { heading: `${name}: engines`, body: list(engineLines(one)) },
  ];
}

/** Charts of the cells that are results, and which ones are left out. */
function speed(grid: readonly Cell[]): Html[] {
  const results = grid.filter(({ stable }) => stable !== false);
  const others = grid.filter(({ stable }) => stable === false);
  return [
    ...(results.length === 0 ? [] : [speedChart(results), ratioChart(results)]),
    ...(others.length === 0
      ? []
      : [html`<p>Not drawn, since they are no result: ${others.map(cellTitle).join('; ')}.</p>`]),
  ];
}

const panelHeight = 26;

function points(cells: readonly Cell[]) {
  return cells.flatMap((cell) => cell.timings.map((timing) => ({ ...timing, cell: cellTitle(cell) })));
}

function speedChart(cells: readonly Cell[]): Html {
  const data = points(cells);
  const engines = new Set(data.map(({ label }) => label)).size;
  return chart('Milliseconds of a batch, on a logarithmic scale: median (dot) to 99th percentile (line)', {
    ...layout(engines, cells),
    x: { type: 'log', label: 'ms', ticks: 4, tickFormat: '~s', grid: true },
    marks: [
      Plot.ruleY(data, { ...grouping, x1: 'medianMs', x2: 'p99Ms', stroke: 'label' }),
      Plot.dot(data, {
        ...grouping,
        x: 'medianMs',
        fill: 'label',
        r: 4,
        title: ({ label, medianMs }: (typeof data)[number]) => `${label}: ${milliseconds(medianMs)} ms`,
      }),
    ],
  });
}

function ratioChart(cells: readonly Cell[]): Html {
  const data = points(cells).flatMap(({ factor, label, cell }) =>
    factor === null
      ? []
      : [{ label, cell, estimate: factor.estimate, low: factor.interval[0], high: factor.interval[1] }],
  );
  const reference = cells[0]?.timings[0]?.label ?? '';
  const engines = new Set(data.map(({ label }) => label)).size;
  return chart(`Time over that of ${reference}: to the right of 1 is slower; 95 % interval`, {
    ...layout(engines, cells),
    x: { type: 'log', label: 'times', ticks: 4, tickFormat: '~s', grid: true },
    marks: [
      Plot.ruleX([1], { strokeDasharray: '3,3' }),
      Plot.ruleY(data, { ...grouping, x1: 'low', x2: 'high', stroke: 'label', strokeWidth: 2 }),
      Plot.dot(data, {
        ...grouping,
        x: 'estimate',
        fill: 'label',
        r: 4,
        title: ({ label, estimate }: (typeof data)[number]) => `${label}: ${estimate.toFixed(2)}`,
      }),
    ],
  });
}

const grouping = { y: 'label', fy: 'cell' } as const;

function layout(engines: number, cells: readonly Cell[]) {
  return {
    height: 60 + cells.length * (20 + engines * 18),
    marginLeft: 150,
    marginRight: 150,
    y: { label: null, domain: [...new Set(points(cells).map(({ label }) => label))] },
    fy: { label: null, domain: cells.map(cellTitle) },
    color: { domain: [...new Set(points(cells).map(({ label }) => label))] },
  };
}

function cellTable(cell: Cell): Html[] {
  const { header, rows } = cellFigures(cell);
  const mark = cell.stable === false ? ' No result: its windows disagree by more than 10 %.' : '';
  return [
    cell.kind === 'seed'
      ? html`<p>${cell.runs} runs by each engine, added up.</p>`
      : html`<p>Each engine: ${runsText(cell)}.${mark}</p>`,
    table(header, rows),
  ];
}

/** The parts of a run, in the order of the bars. */
const parts = ['kernels', 'dispatch', 'copies', 'tokenisation'] as const;

function profileBody(profile: Profile): Html[] {
  const { text, tokens, tokenisationMs, engines } = profile;
  const data = engines.flatMap(({ label, kernelMs, dispatchMs, copiesMs }) =>
    [kernelMs, dispatchMs, copiesMs, tokenisationMs].map((ms, index) => ({ label, part: parts[index], ms })),
  );
  const bars = (unit: string, offset?: 'normalize') =>
    Plot.barX(data, {
      x: 'ms',
      y: 'label',
      fill: 'part',
      ...(offset === undefined ? {} : { offset }),
      title: ({ label, part, ms }: (typeof data)[number]) =>
        `${label}, ${part ?? ''}: ${milliseconds(ms)} ${unit}`,
    });
  const frame = {
    height: 60 + engines.length * panelHeight,
    marginLeft: 150,
    y: { label: null, domain: engines.map(({ label }) => label) },
    color: { domain: [...parts], legend: true },
  };
  const { header, rows } = profileFigures(profile);
  return [
    html`<p>One text of ${tokens} tokens: ${text}</p>`,
    chart('Milliseconds of a run, by part', { ...frame, marks: [bars('ms')] }),
    chart('The same as shares of each run', {
      ...frame,
      x: { percent: true, label: '%' },
      marks: [bars('ms', 'normalize')],
    }),
    table(header, rows),
    operatorChart(engines),
  ];
}

const namedOperators = 7;

function operatorChart(engines: Profile['engines']): Html {
  const data = engines.flatMap(({ label, ops }) => {
    const rest = ops.slice(namedOperators);
    const others = rest.reduce((sum, { milliseconds: ms }) => sum + ms, 0);
    return [
      ...ops.slice(0, namedOperators).map(({ op, milliseconds: ms, count }) => ({ label, op, ms, count })),
      ...(rest.length === 0 ? [] : [{ label, op: 'others', ms: others, count: rest.length }]),
    ];
  });
  return chart('Milliseconds inside operators, in each engine’s own names: the longest first', {
    height: 60 + engines.length * panelHeight,
    marginLeft: 150,
    y: { label: null, domain: engines.map(({ label }) => label) },
    x: { label: 'ms' },
    color: { scheme: 'spectral' },
    marks: [
      Plot.barX(data, {
        x: 'ms',
        y: 'label',
        fill: 'op',
        order: null,
        stroke: 'var(--plot-background)',
        title: ({ op, ms, count }: (typeof data)[number]) =>
          `${op} (${String(count)}): ${milliseconds(ms)} ms`,
      }),
      Plot.text(
        data,
        Plot.stackX({
          x: 'ms',
          y: 'label',
          order: null,
          text: ({ op, ms }: (typeof data)[number]) =>
            ms > 0.08 * Math.max(...engines.map(({ kernelMs }) => kernelMs)) ? op : '',
          fill: 'black',
        }),
      ),
    ],
  });
}

function list(lines: readonly string[]): Html {
  return html`<ul>
    ${lines.map((line) => html`<li>${line}</li>`)}
  </ul>`;
}
