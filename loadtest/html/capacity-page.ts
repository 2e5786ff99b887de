/** What the search for a capacity found, as a page. */
import { dot, ruleX, ruleY } from '@observablehq/plot';
import { machineLine } from '../../core/machine.js';
import { chart } from '../../core/report/chart.js';
import { reportPage } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import { capacityConditions, capacityLine, cutShort, type CapacityReport } from '../capacity/report.js';

export function capacityPage(report: CapacityReport): string {
  const { searches, unfinished } = report;
  const trials = [...searches.map((search) => search.trials), unfinished].flatMap((tried, index) =>
    tried.map((trial) => ({ ...trial, search: index + 1 })),
  );
  return reportPage({
    title: `Capacity of ${report.url}`,
    summary: `${report.startedAt}${cutShort(report)}. ${capacityConditions(report)}. ${machineLine(report.machine)}.`,
    sections: [
      {
        heading: capacityLine(report),
        body: [
          chart('p99 at each rate that was tried; the line is the bound', {
            x: { label: 'requests/s' },
            y: { label: 'ms', type: 'log', grid: true },
            color: { legend: true, domain: ['kept', 'undecided', 'broken'] },
            marks: [
              ruleY([report.p99BoundMs], { strokeDasharray: '4' }),
              ruleX(report.capacity === null ? [] : [report.capacity.median]),
              dot(
                trials.filter(({ p99Ms }) => p99Ms !== null),
                { x: 'rate', y: 'p99Ms', stroke: 'claim', symbol: 'claim', title: trialTitle },
              ),
            ],
          }),
          table(
            ['search', 'found, req/s', 'rates tried'],
            searches.map(({ rate, trials: tried }, index) => [
              String(index + 1),
              rate?.toFixed(1) ?? 'none',
              tried.length,
            ]),
          ),
          table(
            ['search', 'req/s', 'queries', 'slow or failed', 'p99 ms', 'claim'],
            trials.map(({ search, rate, queries, slow, p99Ms, claim }) => [
              String(search),
              rate.toFixed(1),
              queries,
              slow,
              p99Ms?.toFixed(1) ?? 'none',
              claim,
            ]),
          ),
        ],
      },
    ],
  });
}

function trialTitle({
  rate,
  queries,
  slow,
  claim,
}: CapacityReport['searches'][number]['trials'][number]): string {
  return `${rate.toFixed(1)} req/s: ${slow} of ${queries} slow, ${claim}`;
}
