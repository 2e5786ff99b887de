/** The report as a page: tables, and both graphs drawn. */
import { machineLine } from '../../core/machine.js';
import { type Html, html } from '../../core/report/html.js';
import { reportPage } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import { bytesText, countText } from '../../core/report/units.js';
import type { Estimate } from '../../core/statistics.js';
import { hueOf, paint } from './colors.js';
import { figureScript, figureStyles, graphFigure } from './graph-figure.js';
import type { GraphFigures, RewriteReport, Rewriting } from './rewrite-report.js';

type Profiled = GraphFigures['profiles'][number];

export function rewritePage(report: RewriteReport, { before, after }: Rewriting): string {
  const { rules, removed, added } = paint(report.rewrites);
  const hue = (rule: string) => hueOf(rules.indexOf(rule), rules.length);
  return reportPage({
    title: report.title,
    summary: `${report.createdAt}; ${machineLine(report.machine)}`,
    styles: figureStyles,
    script: figureScript,
    sections: [
      { heading: 'What changed', body: changes(report) },
      { heading: 'Time', body: times(report) },
      { heading: 'Results', body: results(report) },
      { heading: 'Operators', body: operators(report) },
      { heading: 'Rules', body: legend(report, hue) },
      {
        heading: 'The graph after',
        body: graphFigure(after.graph, {
          caption: 'Nodes that a rule made have its colour. Drag to move, turn the wheel to scale.',
          painted: added,
          verb: 'made by',
          hue,
        }),
      },
      {
        heading: 'The graph before',
        body: graphFigure(before.graph, {
          caption: 'Nodes that a rule took out have its colour.',
          painted: removed,
          verb: 'taken out by',
          hue,
        }),
      },
    ],
  });
}

function changes({ before, after }: RewriteReport): Html {
  const profiled = (what: string, figure: (profile: Profiled) => string) =>
    before.profiles.map((profile, place): readonly string[] => {
      const other = after.profiles[place];
      return [
        `${what}, ${sizesText(profile.sizes)}`,
        figure(profile),
        other === undefined ? '' : figure(other),
      ];
    });
  return table(
    ['', 'before', 'after'],
    [
      ['nodes', before.nodes, after.nodes],
      ['size', bytesText(before.bytes), bytesText(after.bytes)],
      ['opset', before.opset, after.opset],
      ['IR version', before.irVersion, after.irVersion],
      ...profiled('activations at most', ({ activations }) => bytesText(activations.bytes)),
      ...profiled('bytes moved', ({ bytes }) => bytesText(bytes)),
      ...profiled('FLOPs', ({ flops }) => countText(flops)),
    ],
  );
}

function times({ latency: { threads, cases } }: RewriteReport): Html[] {
  if (cases.length === 0)
    return [html`<p>Not measured: the model takes none of the shapes that are tried.</p>`];
  return [
    html`<p>
      Medians of a run in milliseconds with 95 % intervals, ${threads}
      ${threads === 1 ? 'thread' : 'threads'}, both graphs as ONNX Runtime itself optimises them, run by
      turns; the ratio is that of the same round.
    </p>`,
    table(
      ['input', 'before', 'after', 'after / before', 'rounds'],
      cases.map(({ case: name, before, after, ratio, runs }) => [
        name,
        estimate(before),
        estimate(after),
        estimate(ratio),
        runs,
      ]),
    ),
  ];
}

function results({ validation: { difference, tolerance, cases } }: RewriteReport): Html {
  return html`<p>
    Largest difference of an output:
    ${difference.toExponential(1)}${tolerance === null ? '' : ` (${String(tolerance)} allowed)`}, on
    ${cases.join('; ')}.
  </p>`;
}

function operators({ operators: counts }: RewriteReport): Html {
  return table(
    ['operator', 'before', 'after'],
    counts.map(({ operator, before, after }) => [operator, before, after]),
  );
}

function legend({ rules }: RewriteReport, hue: (rule: string) => number): Html {
  if (rules.length === 0) return html`<p>No rule made a rewrite.</p>`;
  const rows = rules.map(
    ({ rule, times: count }) =>
      html`<tr>
        <th scope="row"><span class="swatch" style="--hue:${hue(rule)}"></span>${rule}</th>
        <td>${count}</td>
      </tr>`,
  );
  return html`<table>
    <thead>
      <tr>
        <th scope="col">rule</th>
        <th scope="col">rewrites</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function estimate({ estimate: value, interval: [low, high] }: Estimate): string {
  const digits = (one: number) => one.toFixed(one < 10 ? 3 : one < 1000 ? 1 : 0);
  return `${digits(value)} (${digits(low)} to ${digits(high)})`;
}

const sizesText = (sizes: Readonly<Record<string, number>>) =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${String(size)}`)
    .join(', ');
