/** The same text here and on the server, run in turns. */
import { PageFailure } from '../../api/client.js';
import { predict } from '../../api/predict.js';
import type { Manifest } from '../../api/schemas.js';
import { type Tokens, tokenize } from '../../api/tokenize.js';
import { median } from '../../parts/median.js';
import type { BrowserModel } from './browser-model.js';

export interface Side {
  readonly logits: readonly number[];
  /** Of the session. */
  readonly inferMs: number;
  /** Until the answer is there. */
  readonly totalMs: number;
}

export interface SideBySide {
  readonly tokens: Tokens;
  /** Times are medians. */
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
  await askBrowser(model, tokens.ids);
  await askServer(version, text);
  const here: Side[] = [];
  const there: Side[] = [];
  for (let run = 0; run < runs; run += 1) {
    here.push(await askBrowser(model, tokens.ids));
    there.push(await askServer(version, text));
    onRun(run + 1);
  }
  return { tokens, browser: summaryOf(here), server: summaryOf(there), runs };
}

function summaryOf(answers: readonly Side[]): Side {
  return {
    logits: answers.at(-1)?.logits ?? [],
    inferMs: median(answers.map(({ inferMs }) => inferMs)),
    totalMs: median(answers.map(({ totalMs }) => totalMs)),
  };
}

async function askBrowser(model: BrowserModel, ids: readonly number[]): Promise<Side> {
  const started = performance.now();
  const { logits, milliseconds: inferMs } = await model.run(ids);
  return { logits, inferMs, totalMs: performance.now() - started };
}

/** @throws RequestFailure answered_by_other: a version that is named does not switch the cascade off */
async function askServer({ name: model, version }: Version, text: string): Promise<Side> {
  const started = performance.now();
  const { results, timings } = await predict({ texts: [text], model, version, logits: true });
  const [result] = results;
  if (result?.answered_by !== undefined) throw new PageFailure('answered_by_other', result.answered_by);
  return {
    logits: result?.logits ?? [],
    inferMs: timings.inferMs,
    totalMs: performance.now() - started,
  };
}
