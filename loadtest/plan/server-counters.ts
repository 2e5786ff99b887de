/** Counters and gauges of a server's /metrics: of each family the sum of its series. */

export type ServerCounters = ReadonlyMap<string, number>;

export async function scrapeCounters(server: URL): Promise<ServerCounters> {
  const answer = await fetch(new URL('/metrics', server), { signal: AbortSignal.timeout(5000) });
  return parseCounters(await answer.text());
}

/** The text format of Prometheus, without histograms' buckets. */
export function parseCounters(text: string): ServerCounters {
  const sums = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)/gm)) {
    if (!name.endsWith('_bucket')) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
