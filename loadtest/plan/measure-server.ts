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
 * difference of two such times is mostly that change. For the same reason the loops are compared turn by turn, and what
 * counts is the median of the turns.
 */
import { median } from '../../core/statistics.js';
import type { LoadReport } from '../report.js';
import { meanOfStage } from './mean-of-stage.js';
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
  /** Of a batch's, while its worker waits for the next. */
  readonly handoverMs: number;
  /** Processor time of the worker for a batch of one text: what is neither tokenising nor run. */
  readonly workerBatchMs: number;
  /** What a client waits beside the server's work, where nothing else waits. */
  readonly wireMs: number;
}

/** The loops of one turn, which follow each other. */
export interface MeasuredTurn {
  /** Of one connection. */
  readonly single: MeasuredLoop;
  readonly many: MeasuredLoop;
  /** Of a rate below the throughput. */
  readonly paced: MeasuredLoop;
}

/** @param speed of a core while another is busy too, as they are in all loops but that of one connection */
export function serverCosts(turns: readonly MeasuredTurn[], speed: number): ServerCosts {
  const costs = turns.map((turn) => costsOfTurn(turn, speed));
  const middle = (name: keyof ServerCosts) => median(costs.map((turn) => turn[name]));
  const batchMs = middle('batchMs');
  return {
    requestMs: middle('requestMs'),
    batchMs,
    handoverMs: Math.min(batchMs, middle('handoverMs')),
    workerBatchMs: middle('workerBatchMs'),
    wireMs: middle('wireMs'),
  };
}

function costsOfTurn({ single, paced, many }: MeasuredTurn, speed: number): ServerCosts {
  const [one, some, several] = [eachRequest(single), eachRequest(paced), eachRequest(many)];
  const [someMs, severalMs] = [some.mainMs * speed, several.mainMs * speed];
  const apart = some.batches - several.batches;
  const slope = apart < 0.1 ? 0 : (someMs - severalMs) / apart;
  const batchMs = Math.min(someMs / some.batches, Math.max(0, slope));
  const requestMs = someMs - batchMs * some.batches;
  const stageMs = (name: string) => meanOfStage(single.report, name) ?? 0;
  const insideMs = stageMs('tokenize') + stageMs('infer');
  const workerBatchMs = Math.max(0, one.workerMs - insideMs);
  const latencyMs = single.report.measured.latencyMs?.mean ?? 0;
  return {
    requestMs,
    batchMs,
    // From dispatch to answer, less the worker's tokenising and its run, is what a worker idles and works beside them.
    handoverMs: Math.max(0, stageMs('batch_wait') - workerBatchMs),
    workerBatchMs,
    wireMs: Math.max(0, latencyMs - requestMs - batchMs - one.workerMs),
  };
}

function eachRequest({ before, after }: MeasuredLoop) {
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const requests = grown('retort_requests_total');
  return {
    batches: grown('retort_batches_total') / requests,
    mainMs: (1000 * grown('process_cpu_seconds_total')) / requests,
    workerMs: (1000 * grown('retort_worker_cpu_seconds')) / requests,
  };
}
