/** The rows of a TSV, CSV or JSON Lines text, each with its line number. */
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

export type RowFormat = '.tsv' | '.csv' | '.jsonl';

export interface Row {
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Gives the rows that have the header's columns; `reject` hears of the others. */
export function readRows(
  text: string,
  format: RowFormat,
  reject: (line: number, reason: string) => void,
): Iterable<Row> {
  const content = text.replace(/^\uFEFF/, '');
  switch (format) {
    case '.tsv':
      return readTabSeparated(content, reject);
    case '.csv':
      return readCommaSeparated(content, reject);
    case '.jsonl':
      return readJsonLines(content, reject);
  }
}

/** Unquoted, as ChnSentiCorp is: a quotation mark is a character like any other. */
function* readTabSeparated(content: string, reject: (line: number, reason: string) => void): Generator<Row> {
  const [header = '', ...lines] = content.split(/\r?\n/);
  const columns = header.split('\t');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    yield* row(columns, line.split('\t'), index + 2, reject);
  }
}

const recordSchema = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }),
);

/** RFC 4180. */
function* readCommaSeparated(
  content: string,
  reject: (line: number, reason: string) => void,
): Generator<Row> {
  const records = recordSchema.parse(
    parse(content, {
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      info: true,
    }),
  );
  const [header, ...rest] = records;
  for (const { record, info } of rest) yield* row(header?.record ?? [], record, info.lines, reject);
}

function* row(
  columns: readonly string[],
  cells: readonly string[],
  line: number,
  reject: (line: number, reason: string) => void,
): Generator<Row> {
  if (cells.length !== columns.length) {
    reject(line, `it has ${String(cells.length)} columns where the header has ${String(columns.length)}`);
    return;
  }
  yield { line, values: Object.fromEntries(columns.map((column, index) => [column, cells[index]])) };
}

const objectSchema = z.record(z.string(), z.unknown());

function* readJsonLines(content: string, reject: (line: number, reason: string) => void): Generator<Row> {
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const values = parseObject(line);
    if (values === null) reject(index + 1, 'it is not a JSON object');
    else yield { line: index + 1, values };
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    return objectSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
