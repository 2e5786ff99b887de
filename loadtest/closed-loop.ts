/**
 * A closed loop: each connection sends its next request when the last one is answered, so the load follows the
 * server's pace and finds its saturation throughput. Latencies under a given rate of arrivals are another question.
 */
import autocannon from 'autocannon';
import { describeMachine } from '../core/machine.js';
import { percentiles } from '../core/statistics.js';
import { REPORT_FORMAT, reportSchema, type LoadReport } from './report.js';

export interface LoadOptions {
  readonly target: URL;
  /** Sent in rotation; each connection starts at another place. */
  readonly texts: readonly string[];
  readonly textsPerRequest: number;
  readonly connections: number;
  readonly durationSeconds: number;
  /** Driven before, and not measured. */
  readonly warmupSeconds: number;
  readonly timeoutSeconds?: number;
  /** Ends the run early; the report holds what was measured until then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

export interface LoadProgress {
  readonly phase: 'warm-up' | 'measure';
  readonly elapsedSeconds: number;
  readonly totalSeconds: number;
  readonly answered: number;
  readonly notSucceeded: number;
}

/** This many unanswered requests a connection without any answer between them: the server is taken to be gone. */
const unansweredUntilGone = 20;

/** Connections times bodies; autocannon keeps the bytes of each connection's requests. */
const maxHeldBodies = 200_000;

export async function runClosedLoop(options: LoadOptions): Promise<LoadReport> {
  const machine = describeMachine();
  const bodies = requestBodies(options.texts, options.textsPerRequest);
  if (options.warmupSeconds > 0) await drive(options, bodies, 'warm-up', options.warmupSeconds);
  const startedAt = new Date().toISOString();
  const measured = await drive(options, bodies, 'measure', options.durationSeconds);
  const { latencies, answered, durationSeconds } = measured;
  const requestsPerSecond = durationSeconds > 0 ? latencies.length / durationSeconds : 0;
  return reportSchema.parse({
    format: REPORT_FORMAT,
    kind: 'closed-loop',
    url: options.target.href,
    startedAt,
    durationSeconds,
    warmupSeconds: options.warmupSeconds,
    connections: options.connections,
    texts: options.texts.length,
    textsPerRequest: options.textsPerRequest,
    requests: { answered, succeeded: latencies.length },
    throughput: { requestsPerSecond, textsPerSecond: requestsPerSecond * options.textsPerRequest },
    latencyMs: summary(latencies),
    statuses: Object.fromEntries(measured.statuses),
    errors: { connection: Math.max(0, measured.unanswered - measured.timeouts), timeout: measured.timeouts },
    ended: measured.ended,
    machine,
  } satisfies LoadReport);
}

/** One JSON body a request; with several texts each, as many bodies as it takes to send every text once. */
export function requestBodies(texts: readonly string[], textsPerRequest: number): string[] {
  if (textsPerRequest === 1) return texts.map((text) => JSON.stringify({ text }));
  return Array.from({ length: Math.ceil(texts.length / textsPerRequest) }, (_, request) => {
    const start = request * textsPerRequest;
    const group = Array.from({ length: textsPerRequest }, (_unused, i) => texts[(start + i) % texts.length]);
    return JSON.stringify({ texts: group });
  });
}

interface Tally {
  /** Milliseconds of each 2xx answer. */
  readonly latencies: number[];
  readonly statuses: Map<string, number>;
  answered: number;
  /** Requests that were sent again, or given up, because their connection failed or their time was over. */
  unanswered: number;
  unansweredInARow: number;
}

interface Measured extends Tally {
  readonly durationSeconds: number;
  readonly timeouts: number;
  readonly ended: LoadReport['ended'];
}

async function drive(
  options: LoadOptions,
  bodies: readonly string[],
  phase: LoadProgress['phase'],
  seconds: number,
): Promise<Measured> {
  const { signal, connections, onProgress } = options;
  const tally: Tally = {
    latencies: [],
    statuses: new Map(),
    answered: 0,
    unanswered: 0,
    unansweredInARow: 0,
  };
  let elapsedSeconds = 0;
  let ended: LoadReport['ended'] = 'complete';
  if (signal?.aborted === true) return { ...tally, durationSeconds: 0, timeouts: 0, ended: 'interrupted' };

  return new Promise((resolve, reject) => {
    const stop = (because: LoadReport['ended']) => {
      ended = because;
      instance.stop();
    };
    const interrupt = () => {
      stop('interrupted');
    };
    let connected = 0;
    const settings: autocannon.Options = {
      url: options.target.href,
      connections,
      duration: seconds,
      timeout: options.timeoutSeconds ?? 30,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // How often autocannon looks whether its time is over, in milliseconds.
      sampleInt: 100,
      setupClient: (client) => {
        client.setRequests(rotation(bodies, connected++, connections).map((body) => ({ body })));
        count(client, tally);
      },
    };
    const instance = autocannon(settings, (error: unknown, result) => {
      signal?.removeEventListener('abort', interrupt);
      if (error !== null && error !== undefined) {
        reject(error instanceof Error ? error : new Error('autocannon failed', { cause: error }));
        return;
      }
      resolve({ ...tally, durationSeconds: result.duration, timeouts: result.timeouts, ended });
    });
    signal?.addEventListener('abort', interrupt);
    instance.on('reqError', () => {
      if (tally.unansweredInARow > unansweredUntilGone * connections && ended === 'complete')
        stop('server-gone');
    });
    instance.on('tick', () => {
      elapsedSeconds = Math.min(elapsedSeconds + 1, seconds);
      const notSucceeded = tally.answered - tally.latencies.length;
      onProgress?.({ phase, elapsedSeconds, totalSeconds: seconds, answered: tally.answered, notSucceeded });
    });
  });
}

/**
 * Counts and times one connection's requests. autocannon's own times slip by a request once a server closes a
 * connection between two answers; one request at a time is outstanding here, so its latest sending is what counts.
 */
function count(client: autocannon.Client, tally: Tally): void {
  let sentAt: number | null = null;
  client.addListener('request', () => {
    if (sentAt !== null) {
      tally.unanswered++;
      tally.unansweredInARow++;
    }
    sentAt = performance.now();
  });
  client.on('response', (status) => {
    if (sentAt !== null && status >= 200 && status < 300) tally.latencies.push(performance.now() - sentAt);
    sentAt = null;
    tally.answered++;
    tally.unansweredInARow = 0;
    tally.statuses.set(String(status), (tally.statuses.get(String(status)) ?? 0) + 1);
  });
}

/** The bodies in the order of one connection: all of them, or its share where all would be held too many times. */
function rotation(bodies: readonly string[], connection: number, connections: number): readonly string[] {
  if (bodies.length > connections && bodies.length * connections > maxHeldBodies) {
    return bodies.filter((_, i) => i % connections === connection);
  }
  const start = Math.floor((connection * bodies.length) / connections);
  return [...bodies.slice(start), ...bodies.slice(0, start)];
}

function summary(latencies: readonly number[]): LoadReport['latencyMs'] {
  if (latencies.length === 0) return null;
  const [p50 = 0, p90 = 0, p97_5 = 0, p99 = 0, max = 0] = percentiles(latencies, [50, 90, 97.5, 99, 100]);
  return { p50, p90, p97_5, p99, max };
}
