/**
 * What the server costs around the runs of the session, from closed loops of two kinds against one worker. With one connection
 * every batch is one request, with many it is several, so of the main thread's processor time over r requests and b
 * batches
 *
 *     C = requestMs r + batchMs b
 *
 * the two loops give both unknowns. All else is read off the loop of one connection, where nothing waits.
 */
import { sum } from '../../core/statistics.js';
import type { LoadReport } from '../report.js';
import type { ServerCounters } from './server-counters.js';

/** One closed loop, with the server's counters before and after. */
export interface MeasuredLoop {
  readonly report: LoadReport;
  readonly before: ServerCounters;
  readonly after: ServerCounters;
}

/** Milliseconds. */
export interface ServerCosts {
  /** Processor time of the main thread. */
  readonly requestMs: number;
  readonly batchMs: number;
  /** From dispatch to answer, less the worker's tokenising and its run: what a worker idles between two batches. */
  readonly betweenMs: number;
  /** Processor time of the worker, for a batch of one text. */
  readonly workerMs: number;
  /** Mean latency of a request that nothing waits for. */
  readonly latencyMs: number;
}

/** @param speed of a core while another is busy too, as they are in the loop of many connections */
export function serverCosts(
  single: readonly MeasuredLoop[],
  many: readonly MeasuredLoop[],
  speed: number,
): ServerCosts {
  const [one, several] = [eachRequest(single), eachRequest(many)];
  // Per request: one = request + batch, several = request + batch * share.
  const share = several.batches;
  const severalMs = several.mainMs * speed;
  const batchMs = share > 0.9 ? 0 : Math.min(one.mainMs, Math.max(0, (one.mainMs - severalMs) / (1 - share)));
  return {
    requestMs: one.mainMs - batchMs,
    batchMs,
    betweenMs: stageMean(single, 'batch_wait'),
    workerMs: one.workerMs,
    latencyMs: sum(single.map(({ report }) => report.measured.latencyMs?.mean ?? 0)) / single.length,
  };
}

function eachRequest(loops: readonly MeasuredLoop[]) {
  const grown = (name: string) =>
    sum(loops.map(({ before, after }) => (after.get(name) ?? 0) - (before.get(name) ?? 0)));
  const requests = grown('retort_requests_total');
  return {
    batches: grown('retort_batches_total') / requests,
    mainMs: (1000 * grown('process_cpu_seconds_total')) / requests,
    workerMs: (1000 * grown('retort_worker_cpu_seconds')) / requests,
  };
}

/** Of a stage by the server's own histograms; 0 where it has none. */
function stageMean(loops: readonly MeasuredLoop[], name: string): number {
  const stages = loops.flatMap(({ report }) => report.serverSeen?.stages ?? []);
  const those = stages.filter(({ stage }) => stage === name);
  const count = sum(those.map((stage) => stage.count));
  return count === 0 ? 0 : sum(those.map(({ sumMs }) => sumMs)) / count;
}
