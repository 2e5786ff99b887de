/** A load report as a page. */
import { machineLine } from '../../core/machine.js';
import { html, type Html } from '../../core/report/html.js';
import { reportPage, type ReportSection } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import type { LatencySummary } from '../latency-histogram.js';
import { offered } from '../outcome.js';
import { conditions, endings } from '../render.js';
import { textsPerSecond, type LoadReport } from '../report.js';
import { stagePercentile } from '../server-stages.js';
import { latencyOverTime, percentileCurve, serverOverTime, throughputOverTime } from './charts.js';

export function loadPage(report: LoadReport): string {
  const { measured, machine, startedAt, url, ended } = report;
  const run = { name: url, report };
  return reportPage({
    title: `Load test of ${url}`,
    summary: `${startedAt}${endings[ended]}. ${sentence(conditions(report))} ${sentence(machineLine(machine))}`,
    sections: [
      {
        heading: 'In figures',
        body: [
          html`<p>
            ${measured.requestsPerSecond.toFixed(1)} requests/s and ${textsPerSecond(report).toFixed(1)}
            texts/s were answered.
          </p>`,
          latencyTable(report),
          outcomeTable(report),
        ],
      },
      { heading: 'Latency over time', body: latencyOverTime([run]) },
      { heading: 'Throughput', body: throughputOverTime([run]) },
      { heading: 'Percentiles', body: percentileCurve([run]) },
      ...serverSection(report),
    ],
  });
}

export function latencyTable(report: LoadReport): Html {
  const { latencyMs, latencyFromSendingMs, lagMs } = report.measured;
  const stages = (report.serverSeen?.stages ?? []).map((stage) => [
    `server: ${stage.stage}`,
    ms(stage.sumMs / stage.count),
    ...[50, 90, 97.5, 99, 99.9].map((percent) => ms(stagePercentile(stage, percent))),
    '',
  ]);
  return table(
    ['ms', 'mean', 'p50', 'p90', 'p97.5', 'p99', 'p99.9', 'max'],
    [
      latencyRow(report.kind === 'open-loop' ? 'client, from when due' : 'client', latencyMs),
      ...(report.kind === 'open-loop'
        ? [latencyRow('client, from sending', latencyFromSendingMs), latencyRow('generator’s own lag', lagMs)]
        : []),
      ...stages,
    ],
  );
}

function outcomeTable({ measured: { outcomes } }: LoadReport): Html {
  const all = Math.max(1, offered(outcomes));
  return table(
    ['requests', 'count', 'share'],
    Object.entries(outcomes).map(([outcome, n = 0]) => [outcome, n, `${((100 * n) / all).toFixed(2)} %`]),
  );
}

function latencyRow(name: string, summary: LatencySummary | null): string[] {
  if (summary === null) return [name, 'none'];
  const { mean, p50, p90, p97_5, p99, p99_9, max } = summary;
  return [name, ...[mean, p50, p90, p97_5, p99, p99_9, max].map(ms)];
}

function serverSection(report: LoadReport): ReportSection[] {
  const drawn = serverOverTime({ name: report.url, report });
  if (drawn === null) return [];
  const explanation = html`<p>
    What the server measures begins when it has read a request and ends when it has written the answer. What
    the client sees beyond that is connections, the network and its own delay. The server's percentiles are
    estimates within the buckets of its histograms.
  </p>`;
  return [{ heading: 'As the server sees it', body: [explanation, drawn] }];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function ms(value: number): string {
  return value.toFixed(2);
}
