/** Labelling many reviews: in requests of bounded size, one after another, until done or stopped. */
import { predict } from '../../api/predict.js';
import type { Limits } from '../../api/schemas.js';

export interface Row {
  readonly text: string;
  readonly outcome: { readonly label: string; readonly score: number } | { readonly problem: string };
}

/** One review a line; a table's columns are not told apart. */
export function reviewsOf(content: string): string[] {
  return content
    .replace(/^\uFEFF/u, '')
    .split(/\r\n|\r|\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export interface BatchRequest {
  readonly reviews: readonly string[];
  readonly model: string;
  readonly limits: Limits;
  /** What is said of a review that the server would not read. */
  readonly tooLong: string;
  readonly signal: AbortSignal;
  readonly onRows: (rows: readonly Row[]) => void;
}

/** @throws RequestFailure where a request is not answered; rows that were given stay valid */
export async function labelAll({
  reviews,
  model,
  limits,
  tooLong,
  signal,
  onRows,
}: BatchRequest): Promise<void> {
  for (const texts of portions(reviews, limits)) {
    const readable = texts.filter((text) => text.length <= limits.textCharacters);
    const answer = readable.length === 0 ? null : await predict({ texts: readable, model }, signal);
    const results = answer?.results ?? [];
    let next = 0;
    onRows(
      texts.map((text) => {
        const result = text.length <= limits.textCharacters ? results[next++] : undefined;
        return { text, outcome: result ?? { problem: tooLong } };
      }),
    );
  }
}

/** Rows a request: short enough that the bar moves. */
const rowsPerRequest = 64;

/** Consecutive reviews that fit into a request by their number and their bytes. */
export function* portions(
  reviews: readonly string[],
  { bodyBytes, textsPerRequest, textCharacters }: Limits,
): Generator<string[]> {
  const largest = Math.min(rowsPerRequest, textsPerRequest);
  // JSON writes a character in six bytes at most, and the other half is for names and quotes.
  const characters = bodyBytes / 12;
  let portion: string[] = [];
  let size = 0;
  for (const text of reviews) {
    const cost = text.length <= textCharacters ? text.length : 0;
    if (portion.length === largest || (portion.length > 0 && size + cost > characters)) {
      yield portion;
      portion = [];
      size = 0;
    }
    portion.push(text);
    size += cost;
  }
  if (portion.length > 0) yield portion;
}

/** RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8. */
export function csvOf(rows: readonly Row[]): string {
  const lines = rows.map(({ text, outcome }) =>
    'label' in outcome ? [text, outcome.label, String(outcome.score), ''] : [text, '', '', outcome.problem],
  );
  return `\uFEFF${[['text', 'label', 'score', 'error'], ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** A leading `=`, `+`, `-` or `@` would be run as a formula by a spreadsheet. */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
