/**
 * A closed loop: each connection sends its next request when the last one is answered, so the load follows the
 * server's pace and finds its saturation throughput. Latencies under a given rate of arrivals are another question.
 */
import { GoneWatch } from './gone-watch.js';
import { HttpSender } from './http/http-sender.js';
import type { Progress, RunEnd, RunResult } from './measurement.js';
import { Recorder } from './recorder.js';

export interface ClosedLoopOptions {
  readonly target: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in rotation; each connection starts at another place. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly durationSeconds: number;
  /** Driven before, and not measured. */
  readonly warmupSeconds: number;
  readonly timeoutSeconds?: number;
  /** Ends the run early; the result holds what was measured until then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Before a connection that failed is tried again: a server that restarts is not to be besieged meanwhile. */
const retryAfterMs = 20;
const progressEveryMs = 1000;

export function runClosedLoop({
  target,
  headers,
  bodies,
  connections,
  durationSeconds,
  warmupSeconds,
  timeoutSeconds = 30,
  signal,
  onProgress,
}: ClosedLoopOptions): Promise<RunResult> {
  // Before the clock runs: making the requests of many texts takes a while.
  const sender = new HttpSender({ url: target.href, headers, bodies, timeoutMs: 1000 * timeoutSeconds });
  const warmupMs = 1000 * warmupSeconds;
  const endMs = warmupMs + 1000 * durationSeconds;
  const recorder = new Recorder(warmupMs, endMs);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  const watch = new GoneWatch();
  let inFlight = 0;
  let isOver = false;

  return new Promise((resolve) => {
    const finish = (ended: RunEnd) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(end);
      clearInterval(progress);
      signal?.removeEventListener('abort', interrupt);
      const { user, system } = process.cpuUsage(cpuBefore);
      const measured = {
        ...recorder.result(ended === 'complete' ? endMs : elapsed()),
        connectionsOpened: sender.connectionsOpened,
        generatorCores: (user + system) / 1000 / Math.max(1, elapsed()),
      };
      sender.close();
      resolve({ measured, ended });
    };
    const interrupt = () => {
      finish('interrupted');
    };
    const end = setTimeout(finish, endMs, 'complete');
    const progress = setInterval(() => {
      onProgress?.({
        phase: elapsed() < warmupMs ? 'warm-up' : 'measure',
        elapsedSeconds: Math.min(elapsed(), endMs) / 1000,
        totalSeconds: endMs / 1000,
        inFlight,
        ...recorder.takeRecent(),
      });
    }, progressEveryMs);
    signal?.addEventListener('abort', interrupt, { once: true });
    if (signal?.aborted === true) interrupt();

    const send = (body: number) => {
      if (isOver) return;
      const sentMs = elapsed();
      inFlight += 1;
      sender.send(body, (outcome) => {
        inFlight -= 1;
        // What is on its way at the end is neither answered nor failed.
        if (isOver) return;
        const now = elapsed();
        recorder.ended(outcome, sentMs, sentMs, now);
        watch.ended(outcome, now);
        if (watch.isGone) finish('server-gone');
        const next = (body + 1) % bodies.length;
        if (outcome === 'connection') setTimeout(send, retryAfterMs, next);
        else send(next);
      });
    };
    for (let connection = 0; connection < connections; connection += 1)
      send(Math.floor((connection * bodies.length) / connections));
  });
}
