/**
 * Scores a stream of texts into a file of JSON lines, in order. What is written stands in `<output>.part` until all is
 * done; a stopped run goes on behind its last whole line. Memory is bounded by the chunks in hand.
 */
import { open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { fail } from '../../core/errors.js';
import { onDisk } from '../../core/on-disk.js';
import type { Prediction } from '../predictor.js';

export interface Shard {
  /** 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

export interface ScoreFileOptions {
  /** All texts of the input, in order; each run reads it from the start. */
  readonly texts: AsyncIterable<string>;
  readonly output: string;
  /** What the run is of: a part that was begun with something else is not gone on with. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly shard: Shard;
  /** Texts that are predicted together, and chunks of them that are with the model at once. */
  readonly chunk: number;
  readonly chunksAhead: number;
  readonly predict: (texts: readonly string[]) => Promise<readonly Prediction[]>;
  readonly lineOf: (row: ScoredRow) => string;
  readonly onProgress?: (progress: ScoreProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ScoredRow {
  /** Of the text in the whole input, from 0. */
  readonly index: number;
  readonly text: string;
  readonly prediction: Prediction;
}

export interface ScoreProgress {
  /** Rows of this shard in the output, those of earlier runs counted. */
  readonly done: number;
  readonly kept: number;
}

export interface ScoreResult extends ScoreProgress {
  readonly finished: boolean;
}

/** @throws RetortError score_other_run, file_unwritable, and those of the texts and the model */
export async function scoreFile(options: ScoreFileOptions): Promise<ScoreResult> {
  const { output, identity, chunk, chunksAhead, predict, lineOf, onProgress, signal } = options;
  const part = `${output}.part`;
  const kept = await resume(part, identity);
  const file = await onDisk(part, () => open(part, 'a'));
  let done = kept;
  const ahead: { rows: readonly Row[]; answer: Promise<readonly Prediction[]> }[] = [];
  const writeOldest = async () => {
    const oldest = ahead.shift();
    if (oldest === undefined) return;
    const predictions = await oldest.answer;
    const lines = oldest.rows.map((row, place) =>
      lineOf({ ...row, prediction: predictions[place] ?? { logits: [], words: 0 } }),
    );
    await onDisk(part, () => file.appendFile(`${lines.join('\n')}\n`));
    done += oldest.rows.length;
    onProgress?.({ done, kept });
  };
  const send = (rows: readonly Row[]) => {
    const answer = predict(rows.map(({ text }) => text));
    // It is awaited in its turn; meanwhile its failure is nobody's surprise.
    answer.catch(() => undefined);
    ahead.push({ rows, answer });
  };
  try {
    let rows: Row[] = [];
    for await (const row of rowsOf(options, kept)) {
      if (signal?.aborted === true) break;
      rows.push(row);
      if (rows.length < chunk) continue;
      send(rows);
      rows = [];
      if (ahead.length >= chunksAhead) await writeOldest();
    }
    if (rows.length > 0 && signal?.aborted !== true) send(rows);
    while (ahead.length > 0) await writeOldest();
    await onDisk(part, () => file.sync());
  } finally {
    await file.close();
  }
  if (signal?.aborted === true) return { done, kept, finished: false };
  await onDisk(output, () => rename(part, output));
  await rm(identityFile(part), { force: true });
  return { done, kept, finished: true };
}

interface Row {
  readonly index: number;
  readonly text: string;
}

/** The shard's rows behind the first `kept`. */
async function* rowsOf(
  { texts, shard: { index: own, count } }: ScoreFileOptions,
  kept: number,
): AsyncGenerator<Row> {
  let index = -1;
  let place = 0;
  for await (const text of texts) {
    index += 1;
    if (index % count !== own - 1) continue;
    place += 1;
    if (place > kept) yield { index, text };
  }
}

/** Whole lines of the part; a half-written one at its end is cut off. */
async function resume(part: string, identity: ScoreFileOptions['identity']): Promise<number> {
  const own = JSON.stringify(identity);
  const size = await stat(part).then(
    (found) => found.size,
    () => null,
  );
  if (size === null) {
    const file = identityFile(part);
    await onDisk(file, () => writeFile(file, own));
    return 0;
  }
  if ((await readFile(identityFile(part), 'utf8').catch(() => '')) !== own)
    throw fail('score_other_run', { path: part });
  let [lines, whole, offset] = [0, 0, 0];
  for await (const bytes of createReadStream(part) as AsyncIterable<Buffer>) {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
      lines += 1;
      whole = offset + at + 1;
    }
    offset += bytes.length;
  }
  await truncate(part, whole);
  return lines;
}

function identityFile(part: string): string {
  return `${part}.json`;
}
