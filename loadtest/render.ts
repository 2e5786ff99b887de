/** A load report as text. */
import { machineLine } from '../core/machine.js';
import type { LatencySummary } from './latency-histogram.js';
import type { Measurement, RunEnd } from './measurement.js';
import { failures, offered } from './outcome.js';
import { renderStages } from './open-loop/stages.js';
import { textsPerSecond, type LoadReport } from './report.js';
import { stagePercentile } from './server-stages.js';

export function renderReport(report: LoadReport): string {
  const { measured } = report;
  const lines = [
    `${report.url}${endings[report.ended]}`,
    `throughput  ${measured.requestsPerSecond.toFixed(1)} req/s, ${textsPerSecond(report).toFixed(1)} texts/s`,
    `latency     ${latencyLine(measured.latencyMs)}`,
    ...(report.kind === 'open-loop'
      ? [
          `from sending  ${latencyLine(measured.latencyFromSendingMs)}`,
          `own lag     ${latencyLine(measured.lagMs)}`,
        ]
      : []),
    `requests    ${outcomeLine(measured)}`,
    ...serverLines(report),
    `conditions  ${conditions(report)}`,
    `machine     ${machineLine(report.machine)}`,
  ];
  return lines.join('\n');
}

export const endings: Readonly<Record<RunEnd, string>> = {
  complete: '',
  interrupted: ' (interrupted: what was measured until then)',
  'server-gone': ' (stopped early: the server no longer takes connections)',
  'generator-late': ' (stopped early: the generator was more than a second late)',
};

export function conditions(report: LoadReport): string {
  const load =
    report.kind === 'closed-loop'
      ? `closed loop, ${report.connections} connections${report.client === 'retort' ? '' : ` of ${report.client}`}, latency from sending`
      : `open loop, ${report.arrivals} arrivals, seed ${report.seed}, ${renderStages(report.stages)}, at most ` +
        `${report.maxInFlight} in flight, latency from when a request was due`;
  return (
    `${load}; ${report.measured.durationSeconds.toFixed(1)} s after ${report.warmupSeconds} s of warm-up, ` +
    `${report.texts} texts, ${report.textsPerRequest} a request; throughput and latency of 2xx answers`
  );
}

function latencyLine(latencyMs: LatencySummary | null): string {
  if (latencyMs === null) return 'no request succeeded';
  const { p50, p90, p97_5, p99, p99_9, max } = latencyMs;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p97.5 ${ms(p97_5)}, p99 ${ms(p99)}, p99.9 ${ms(p99_9)}, max ${ms(max)}`;
}

function outcomeLine({ outcomes }: Measurement): string {
  const parts = Object.entries(outcomes).map(([outcome, n]) => `${outcome} x ${n ?? 0}`);
  return `${offered(outcomes)}: ${parts.join(', ') || 'none'}; ${failures(outcomes)} failed`;
}

function serverLines({ serverSeen }: LoadReport): string[] {
  if (serverSeen === null) return [];
  return [
    'server sees  (its own histograms, warm-up included)',
    ...serverSeen.stages.map(
      (stage) =>
        `  ${stage.stage.padEnd(18)}p50 ${stagePercentile(stage, 50).toFixed(1)} ms, ` +
        `p99 ${stagePercentile(stage, 99).toFixed(1)} ms, mean ${(stage.sumMs / stage.count).toFixed(1)} ms`,
    ),
  ];
}
