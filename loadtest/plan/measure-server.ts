/**
 * What the server costs around the runs of the session, from loops of three kinds against one worker. At a rate below
 * its throughput batches are small, with many connections at once they are large, so of the main thread's processor time
 * over r requests and b batches
 *
 *     C = requestMs r + batchMs b
 *
 * the two loops give both unknowns. With one connection the main thread sleeps before each request and each answer, and
 * waking costs as much again: that loop says what a request costs where nothing waits, and nothing of a server that works.
 * There the worker has a core to itself, so the stages of its batches are processor time, and what they leave of its
 * processor time is a batch's own. No time of another moment goes into it: on a machine whose speed changes, the
 * difference of two such times is mostly that change.
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
  /** Of it, what is neither tokenising nor run, both by the server's own stages of the same batches. */
  readonly workerBatchMs: number;
  /** Mean latency of a request that nothing waits for. */
  readonly latencyMs: number;
}

/** @param speed of a core while another is busy too, as they are in all loops but that of one connection */
export interface MeasuredLoops {
  /** Of one connection. */
  readonly single: readonly MeasuredLoop[];
  /** Of a rate below the throughput. */
  readonly paced: readonly MeasuredLoop[];
  readonly many: readonly MeasuredLoop[];
}

export function serverCosts({ single, paced, many }: MeasuredLoops, speed: number): ServerCosts {
  const [one, some, several] = [eachRequest(single), eachRequest(paced), eachRequest(many)];
  const [someMs, severalMs] = [some.mainMs * speed, several.mainMs * speed];
  const apart = some.batches - several.batches;
  const slope = apart < 0.1 ? 0 : (someMs - severalMs) / apart;
  const batchMs = Math.min(someMs / some.batches, Math.max(0, slope));
  const insideMs = stageMean(single, 'tokenize') + stageMean(single, 'infer');
  return {
    requestMs: someMs - batchMs * some.batches,
    batchMs,
    betweenMs: stageMean(single, 'batch_wait'),
    workerMs: one.workerMs,
    workerBatchMs: Math.max(0, one.workerMs - insideMs),
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
