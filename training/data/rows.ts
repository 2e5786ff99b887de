/** The rows of a TSV, CSV or JSON Lines text, each with its line number. */
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

export type RowFormat = '.tsv' | '.csv' | '.jsonl';

export interface Row {
  /** Its first, 1-based, the header counted. */
  readonly line: number;
  /** Its last: a quoted cell of a CSV may hold line breaks. */
  readonly endLine: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Gives the rows that have the header's columns; `reject` hears of the others. */
export function readRows(
  text: string,
  format: RowFormat,
  reject: (line: number, reason: string) => void,
): Iterable<Row> {
  switch (format) {
    case '.tsv':
      return readTabSeparated(text, reject);
    case '.csv':
      return readCommaSeparated(text, reject);
    case '.jsonl':
      return readJsonLines(text, reject);
  }
}

/** Unquoted, as ChnSentiCorp is: a quotation mark is a character like any other. */
function* readTabSeparated(content: string, reject: (line: number, reason: string) => void): Generator<Row> {
  const [header = '', ...lines] = content.split(/\r?\n/);
  const columns = header.split('\t');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    yield* row(columns, line.split('\t'), index + 2, index + 2, reject);
  }
}

const recordSchema = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }),
);

/** RFC 4180; a quotation mark that does not enclose a cell is a character. Line breaks become line feeds. */
function* readCommaSeparated(text: string, reject: (line: number, reason: string) => void): Generator<Row> {
  const content = text.replaceAll('\r\n', '\n');
  const skipped: unknown[] = [];
  const records = recordSchema.parse(
    parse(content, {
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      // Only a cell that the file ends in can fail.
      skip_records_with_error: true,
      on_skip: (error) => {
        skipped.push(error);
      },
      info: true,
    }),
  );
  const [header, ...rest] = records;
  for (const { record, info } of rest) {
    const breaks = record.join('').split('\n').length - 1;
    yield* row(header?.record ?? [], record, info.lines - breaks, info.lines, reject);
  }
  if (skipped.length > 0) {
    const end = records.at(-1)?.info.lines ?? 0;
    const blank = /^\n*/.exec(content.split('\n').slice(end).join('\n'))?.[0].length ?? 0;
    reject(end + blank + 1, 'it opens a quotation that the file ends in');
  }
}

function* row(
  columns: readonly string[],
  cells: readonly string[],
  line: number,
  endLine: number,
  reject: (line: number, reason: string) => void,
): Generator<Row> {
  if (cells.length !== columns.length) {
    reject(line, `it has ${String(cells.length)} columns where the header has ${String(columns.length)}`);
    return;
  }
  yield { line, endLine, values: Object.fromEntries(columns.map((column, index) => [column, cells[index]])) };
}

const objectSchema = z.record(z.string(), z.unknown());

function* readJsonLines(content: string, reject: (line: number, reason: string) => void): Generator<Row> {
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const values = parseObject(line);
    if (values === null) reject(index + 1, 'it is not a JSON object');
    else yield { line: index + 1, endLine: index + 1, values };
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    return objectSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
