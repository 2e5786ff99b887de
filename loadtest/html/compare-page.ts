/** Two load reports side by side: as a page. */
import { machineLine } from '../../core/machine.js';
import { html } from '../../core/report/html.js';
import { reportPage } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import { comparisonRows, differences, type ComparedMeasure, type NamedRun } from '../compare-runs.js';
import { conditions, endings } from '../render.js';
import { latencyOverTime, percentileCurve, throughputOverTime } from './charts.js';
import { latencyTable } from './load-page.js';

export function comparePage(a: NamedRun, b: NamedRun, measures: readonly ComparedMeasure[]): string {
  const runs = [a, b];
  return reportPage({
    title: `Load tests: ${a.name} and ${b.name}`,
    summary: 'Estimates have 95 % intervals, from resampling whole seconds of each run.',
    sections: [
      {
        heading: 'In figures',
        body: [
          table(['', a.name, b.name, `${b.name} over ${a.name}`], comparisonRows(measures)),
          ...differences(a, b).map((warning) => html`<p>Warning: ${warning}.</p>`),
        ],
      },
      { heading: 'Percentiles', body: percentileCurve(runs) },
      { heading: 'Latency over time', body: latencyOverTime(runs) },
      { heading: 'Throughput', body: throughputOverTime(runs) },
      ...runs.map(({ name, report }) => ({
        heading: name,
        body: [
          html`<p>${report.url}${endings[report.ended]}, ${report.startedAt}: ${conditions(report)}.</p>`,
          html`<p>${machineLine(report.machine)}</p>`,
          latencyTable(report),
        ],
      })),
    ],
  });
}
