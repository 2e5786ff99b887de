/** Labelling: teachers give every text their logits, window by window; a run that was stopped goes on. */
import { exists } from '../../core/exists.js';
import { exclusively } from '../../core/exclusive.js';
import { isDeepStrictEqual } from 'node:util';
import { fail } from '../../core/errors.js';
import { type LabelHeader, type LabelRow, LabelWriter, partOf, wholeBatches } from './label-file.js';
import type { UnlabelledRow } from './sources.js';

export interface Teacher {
  readonly name: string;
  readonly version: string;
  /** Of the bundle's manifest. */
  readonly sha256: string;
  /** Of the bundle's variant that runs. */
  readonly precision: string;
  readonly weight: number;
  /** What stands for a masked word in a text. */
  readonly maskText: string;
  /** Logits (negative, positive) and token counts of texts, in order. */
  label(texts: readonly string[]): Promise<readonly TeacherLabel[]>;
}

export interface TeacherLabel {
  readonly logits: readonly number[];
  /** That the network read. */
  readonly words: number;
}

export interface LabelProgress {
  readonly done: number;
  readonly rows: number;
  /** Of this run, of all teachers. */
  readonly labelled: number;
  readonly tokens: number;
}

export interface LabelOptions {
  readonly teachers: readonly Teacher[];
  readonly rows: readonly UnlabelledRow[];
  readonly data: LabelHeader['data'];
  readonly augmentation: LabelHeader['augmentation'];
  readonly out: string;
  readonly onProgress: (progress: LabelProgress) => void;
  /** Checked between windows: what is labelled stays for a later run. */
  readonly signal?: AbortSignal;
}

export interface LabelResult {
  readonly finished: boolean;
  readonly rows: number;
  /** Found of an earlier run. */
  readonly kept: number;
  /** Rows whose label in the data is known, and on how many the teachers agree with it. */
  readonly known: number;
  readonly agreed: number;
}

/** Texts sorted by length together: larger pads less, and is lost when a run is killed. */
const windowRows = 2048;
/** Known labels below which the share that teachers agree with says little. */
const fewestKnown = 100;

/**
 * Logits are the teachers' mean, by weight.
 * A file that is finished is left as it is.
 * @throws RetortError in_use; labels_other_run when the file, or the unfinished one, is of other teachers or texts;
 * labels_unusable where a teacher gives no finite logits; labels_disagree when the teachers contradict most of the known
 * labels; data_empty; file_unwritable
 */
export function labelTexts(options: LabelOptions): Promise<LabelResult> {
  return exclusively(`${options.out}.lock`, options.out, () => labelAlone(options));
}

async function labelAlone(options: LabelOptions): Promise<LabelResult> {
  const { teachers, rows, data, augmentation, out, onProgress, signal } = options;
  if (rows.length === 0) {
    const path = data.map(({ name }) => name).join(', ');
    throw fail('data_empty', { path, reason: 'each stands in dev or test' });
  }
  const header: LabelHeader = {
    format: 2,
    teachers: teachers.map(({ name, version, sha256, precision, weight }) => {
      return { name, version, sha256, precision, weight };
    }),
    data,
    augmentation,
  };
  if (await exists(out)) {
    const { length } = (await batchesToKeep(out, withoutPrecisions(header), rows)).flat();
    if (length < rows.length) throw fail('labels_other_run', { path: out });
    return { finished: true, rows: length, kept: length, known: 0, agreed: 0 };
  }
  const kept = await batchesToKeep(partOf(out), header, rows);
  const writer = await LabelWriter.open(out, header, kept);
  let finished = false;
  try {
    const keptRows = kept.flat();
    let [known, agreed, tokens] = [0, 0, 0];
    const count = (labelled: readonly LabelRow[]) => {
      for (const { label, logits } of labelled) {
        if (label === null) continue;
        known += 1;
        if ((logits[1] > logits[0] ? 1 : 0) === label) agreed += 1;
      }
      if (known >= fewestKnown && agreed < known / 2) throw fail('labels_disagree', { agreed, known });
    };
    count(keptRows);
    let done = keptRows.length;
    while (done < rows.length && signal?.aborted !== true) {
      const some = rows.slice(done, done + windowRows);
      const window = await labelWindow(teachers, some);
      count(window.rows);
      await writer.append(window.rows);
      done += some.length;
      tokens += window.tokens;
      onProgress({ done, rows: rows.length, labelled: done - keptRows.length, tokens });
    }
    finished = done === rows.length;
    if (finished) await writer.finish();
    return { finished, rows: done, kept: keptRows.length, known, agreed };
  } finally {
    if (!finished) await writer.close();
  }
}

async function labelWindow(
  teachers: readonly Teacher[],
  rows: readonly UnlabelledRow[],
): Promise<{ rows: LabelRow[]; tokens: number }> {
  const total = teachers.reduce((sum, { weight }) => sum + weight, 0);
  const sums = rows.map((): [number, number] => [0, 0]);
  let tokens = 0;
  for (const teacher of teachers) {
    const texts = rows.map(({ text, words }) => (words === null ? text : joined(words, teacher.maskText)));
    const found = await teacher.label(texts);
    const share = teacher.weight / total;
    sums.forEach((sum, row) => {
      const { logits = [], words = 0 } = found[row] ?? {};
      const [negative = Number.NaN, positive = Number.NaN] = logits;
      if (logits.length !== sum.length || !logits.every(Number.isFinite))
        throw unusable(teacher, texts[row], logits);
      sum[0] += share * negative;
      sum[1] += share * positive;
      tokens += words;
    });
  }
  return {
    rows: rows.map((row, index) => ({
      ...forStudent(row),
      logits: sums[index] ?? [Number.NaN, Number.NaN],
    })),
    tokens,
  };
}

function unusable({ name, version }: Teacher, text = '', logits: readonly number[]): Error {
  return fail('labels_unusable', {
    teacher: `${name} ${version}`,
    text: JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text),
    logits: `[${logits.join(', ')}]`,
  });
}

/** Characters of a text in a message. */
const longestShown = 40;

/** What the file says of a row beside its logits. */
function forStudent({ text, words, label, ofTrain }: UnlabelledRow): Omit<LabelRow, 'logits'> {
  return {
    text: words === null ? text : joined(words, '[UNK]'),
    words: words?.map((word) => word ?? '[UNK]') ?? null,
    label,
    ofTrain,
  };
}

/** With the blank that stood between two words of letters or digits: Chinese has none. */
function joined(words: readonly (string | null)[], mask: string): string {
  return words
    .map((word, place) => {
      const before = words[place - 1] ?? '';
      const apart = /[\p{Script=Latin}\p{N}]$/u.test(before) && /^[\p{Script=Latin}\p{N}]/u.test(word ?? '');
      return `${apart ? ' ' : ''}${word ?? mask}`;
    })
    .join('');
}

/** @param header without precisions, it fits a file whatever its precisions are, as one fits that does not tell them */
async function batchesToKeep(
  file: string,
  header: LabelHeader,
  rows: readonly UnlabelledRow[],
): Promise<LabelRow[][]> {
  const earlier = await wholeBatches(file);
  if (earlier === null) return [];
  const told = [header, earlier.header].every(({ teachers }) =>
    teachers.every(({ precision }) => precision !== undefined),
  );
  const same = told
    ? isDeepStrictEqual(earlier.header, header)
    : isDeepStrictEqual(withoutPrecisions(earlier.header), withoutPrecisions(header));
  const fits = earlier.batches.flat().every(({ logits: _, ...labelled }, index) => {
    const row = rows[index];
    return row !== undefined && isDeepStrictEqual(labelled, forStudent(row));
  });
  if (!same || !fits) throw fail('labels_other_run', { path: file });
  return earlier.batches;
}

function withoutPrecisions({ teachers, ...header }: LabelHeader): LabelHeader {
  return { ...header, teachers: teachers.map(({ precision: _, ...teacher }) => teacher) };
}
