/** The same text here and on the server, run in turns. */
import { predict } from '../../api/predict.js';
import type { Manifest } from '../../api/schemas.js';
import { type Tokens, tokenize } from '../../api/tokenize.js';
import { median } from '../../parts/median.js';
import type { BrowserModel } from './browser-model.js';

export interface Side {
  readonly logits: readonly number[];
  /** Median of the session's time. */
  readonly inferMs: number;
  /** Median until the answer is there. */
  readonly totalMs: number;
}

export interface SideBySide {
  readonly tokens: Tokens;
  readonly browser: Side;
  readonly server: Side;
  readonly runs: number;
}

type Version = Pick<Manifest, 'name' | 'version'>;

/** @param version that runs here, and is asked of the server. @throws RequestFailure */
export async function runSideBySide(
  model: BrowserModel,
  version: Version,
  text: string,
  runs: number,
  onRun: (done: number) => void,
): Promise<SideBySide> {
  const tokens = await tokenize(text, version);
  // The first run of a length plans memory, on both sides.
  let here = await model.run(tokens.ids);
  let there = await askServer(version, text);
  const times = { here: [] as number[], there: [] as number[], roundTrip: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    here = await model.run(tokens.ids);
    there = await askServer(version, text);
    times.here.push(here.milliseconds);
    times.there.push(there.inferMs);
    times.roundTrip.push(there.totalMs);
    onRun(run + 1);
  }
  return {
    tokens,
    browser: { logits: here.logits, inferMs: median(times.here), totalMs: median(times.here) },
    server: { logits: there.logits, inferMs: median(times.there), totalMs: median(times.roundTrip) },
    runs,
  };
}

async function askServer({ name: model, version }: Version, text: string) {
  const started = performance.now();
  const { results, timings } = await predict({ texts: [text], model, version, logits: true });
  return {
    logits: results[0]?.logits ?? [],
    inferMs: timings.inferMs,
    totalMs: performance.now() - started,
  };
}
