/** The closed loop by autocannon: another's client, for those who would check this one's figures. */
import autocannon from 'autocannon';
import type { ClosedLoopOptions } from './closed-loop.js';
import { GoneWatch } from './gone-watch.js';
import type { Progress, RunEnd, RunResult } from './measurement.js';
import { outcomeOfStatus } from './outcome.js';
import { Recorder } from './recorder.js';

export async function runAutocannonLoop(options: ClosedLoopOptions): Promise<RunResult> {
  if (options.warmupSeconds > 0) await drive(options, 'warm-up', options.warmupSeconds);
  return drive(options, 'measure', options.durationSeconds);
}

interface Tally {
  readonly recorder: Recorder;
  readonly startedMs: number;
  readonly watch: GoneWatch;
  /** Requests in flight: when each connection sent its own. */
  readonly sentAt: (number | null)[];
}

async function drive(
  options: ClosedLoopOptions,
  phase: Progress['phase'],
  seconds: number,
): Promise<RunResult> {
  const { signal, connections, onProgress, timeoutSeconds = 30 } = options;
  const tally: Tally = {
    recorder: new Recorder(0, Infinity),
    startedMs: performance.now(),
    watch: new GoneWatch(),
    sentAt: [],
  };
  const cpuBefore = process.cpuUsage();
  let ended: RunEnd = 'complete';
  const finish = (): RunResult => {
    const elapsedMs = performance.now() - tally.startedMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    const measured = {
      ...tally.recorder.result(elapsedMs),
      connectionsOpened: tally.sentAt.length,
      generatorCores: (user + system) / 1000 / Math.max(1, elapsedMs),
    };
    return { measured, ended };
  };
  if (signal?.aborted === true) return { ...finish(), ended: 'interrupted' };

  return new Promise((resolve, reject) => {
    const stop = (because: RunEnd) => {
      ended = because;
      instance.stop();
    };
    const interrupt = () => {
      stop('interrupted');
    };
    let connected = 0;
    let seen = 0;
    const settings: autocannon.Options = {
      url: options.target.href,
      connections,
      duration: seconds,
      timeout: timeoutSeconds,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...options.headers },
      // How often autocannon looks whether its time is over, in milliseconds.
      sampleInt: 100,
      setupClient: (client) => {
        const place = connected++;
        const bodies = rotation(options.bodies, place, connections);
        client.setRequests(bodies.map((body) => ({ body })));
        count(client, place, timeoutSeconds, tally);
      },
    };
    const instance = autocannon(settings, (error: unknown) => {
      signal?.removeEventListener('abort', interrupt);
      if (error !== null && error !== undefined)
        reject(error instanceof Error ? error : new Error('autocannon failed', { cause: error }));
      else resolve(finish());
    });
    signal?.addEventListener('abort', interrupt);
    instance.on('reqError', () => {
      if (tally.watch.isGone && ended === 'complete') stop('server-gone');
    });
    instance.on('tick', () => {
      seen = Math.min(seen + 1, seconds);
      onProgress?.({
        phase,
        elapsedSeconds: seen,
        totalSeconds: seconds,
        inFlight: tally.sentAt.filter((sent) => sent !== null).length,
        ...tally.recorder.takeRecent(),
      });
    });
  });
}

/**
 * Counts and times one connection's requests. autocannon's own times slip by a request once a server closes a
 * connection between two answers; one request at a time is outstanding here, so its latest sending is what counts.
 */
function count(client: autocannon.Client, place: number, timeoutSeconds: number, tally: Tally): void {
  const { recorder, watch, sentAt } = tally;
  const now = () => performance.now() - tally.startedMs;
  sentAt[place] = null;
  client.addListener('request', () => {
    const before = sentAt[place] ?? null;
    const sent = now();
    if (before !== null) {
      const late = sent - before >= 1000 * timeoutSeconds;
      const outcome = late ? 'timeout' : 'connection';
      recorder.ended(outcome, before, before, sent);
      watch.ended(outcome, sent);
    }
    sentAt[place] = sent;
  });
  client.on('response', (status) => {
    const sent = sentAt[place] ?? null;
    const outcome = outcomeOfStatus(status);
    if (sent !== null) recorder.ended(outcome, sent, sent, now());
    sentAt[place] = null;
    watch.ended(outcome, now());
  });
}

/** A connection's share of the bodies, since their requests are made while time runs; all of them where they are few. */
function rotation(bodies: readonly string[], connection: number, connections: number): readonly string[] {
  if (bodies.length > connections) return bodies.filter((_, i) => i % connections === connection);
  const start = Math.floor((connection * bodies.length) / connections);
  return [...bodies.slice(start), ...bodies.slice(0, start)];
}
