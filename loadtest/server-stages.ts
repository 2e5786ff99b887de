/**
 * What a server says itself about the time of its requests: Retort's histograms by stage, and that of its event loop's
 * delay, read from /metrics before and after a run. Their difference is the run's.
 */
import { z } from 'zod';

export const serverStageSchema = z.strictObject({
  stage: z.string(),
  /** Requests in the stage's histogram, and the milliseconds of all of them together. */
  count: z.number().nonnegative(),
  sumMs: z.number(),
  /** Ascending; the last bound is null, for infinity. `count` is of this bucket alone. */
  buckets: z.array(z.strictObject({ upToMs: z.number().nullable(), count: z.number() })),
});
export type ServerStage = z.infer<typeof serverStageSchema>;

/** Stands beside the stages under this name. */
export const eventLoopDelay = 'event_loop_delay';

const families = `stage|${eventLoopDelay}`;
const answerTimeoutMs = 2000;

/**
 * The server's histograms so far; null where it has none, or does not answer.
 * @param headers such as an API key
 */
export async function scrapeStages(
  server: URL,
  headers: Readonly<Record<string, string>> = {},
): Promise<ServerStage[] | null> {
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const answer = await fetch(new URL('/metrics', server), { headers, signal });
    const stages = answer.ok ? parseStages(await answer.text()) : [];
    return stages.length === 0 ? null : stages;
  } catch {
    return null;
  }
}

/** What came between two readings; null when the server was started anew between them. */
export function difference(
  before: readonly ServerStage[] | null,
  after: readonly ServerStage[] | null,
): ServerStage[] | null {
  if (before === null || after === null) return null;
  const stages = after.map((stage) => {
    const earlier = before.find((candidate) => candidate.stage === stage.stage);
    return {
      stage: stage.stage,
      count: stage.count - (earlier?.count ?? 0),
      sumMs: stage.sumMs - (earlier?.sumMs ?? 0),
      buckets: stage.buckets.map(({ upToMs, count }) => ({
        upToMs,
        count: count - (earlier?.buckets.find((bucket) => bucket.upToMs === upToMs)?.count ?? 0),
      })),
    };
  });
  return stages.some(({ count }) => count < 0) ? null : stages.filter(({ count }) => count > 0);
}

/** As Prometheus estimates it: linear within the bucket; the last bound for what lies above it. */
export function stagePercentile({ buckets, count }: ServerStage, percent: number): number {
  const rank = (percent / 100) * count;
  let below = 0;
  let low = 0;
  for (const { upToMs, count: inBucket } of buckets) {
    if (upToMs === null) return low;
    if (below + inBucket >= rank && inBucket > 0) return low + (upToMs - low) * ((rank - below) / inBucket);
    below += inBucket;
    low = upToMs;
  }
  return low;
}

/** The text format of Prometheus, as far as these histograms need it. */
export function parseStages(text: string): ServerStage[] {
  const stages = new Map<string, { count: number; sumMs: number; cumulative: [number, number][] }>();
  const line = new RegExp(`^retort_(${families})_seconds_(bucket|sum|count)(?:\\{([^}]*)\\})? (\\S+)$`, 'gm');
  for (const [, family, kind, labels = '', written] of text.matchAll(line)) {
    const name = family === eventLoopDelay ? family : /(?:^|,)stage="([^"]*)"/.exec(labels)?.[1];
    const value = Number(written);
    if (name === undefined || Number.isNaN(value)) continue;
    const stage = stages.get(name) ?? { count: 0, sumMs: 0, cumulative: [] };
    stages.set(name, stage);
    if (kind === 'sum') stage.sumMs += 1000 * value;
    else if (kind === 'count') stage.count += value;
    else {
      const bound = /(?:^|,)le="([^"]*)"/.exec(labels)?.[1] ?? '';
      addCumulative(stage.cumulative, bound === '+Inf' ? Infinity : 1000 * Number(bound), value);
    }
  }
  return [...stages].map(([stage, { count, sumMs, cumulative }]) => {
    const sorted = cumulative.sort(([a], [b]) => a - b);
    const buckets = sorted.map(([bound, upTo], index) => ({
      upToMs: bound === Infinity ? null : bound,
      count: upTo - (sorted[index - 1]?.[1] ?? 0),
    }));
    return { stage, count, sumMs, buckets };
  });
}

/** Series of one stage that differ in other labels, such as the model, are added up. */
function addCumulative(cumulative: [number, number][], bound: number, value: number): void {
  const same = cumulative.find(([other]) => other === bound);
  if (same === undefined) cumulative.push([bound, value]);
  else same[1] += value;
}
