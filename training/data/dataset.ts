/** Labelled texts from files: the format is told by the name, rows that do not fit are counted and named. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail, RetortError } from '../../core/errors.js';
import { gunzip, isSplit, readArchivedSplit } from './archive.js';
import { readRows, type Row, type RowFormat } from './rows.js';
import { decodeUtf8 } from './utf8.js';

export interface Example {
  readonly text: string;
  /** 0 negative, 1 positive; null where the file has no labels, or they were not read. */
  readonly label: 0 | 1 | null;
}

export interface Rejected {
  /** 1-based, the header counted. */
  readonly line: number;
  readonly reason: string;
}

export interface Dataset {
  /** At least one. */
  readonly examples: readonly Example[];
  /** By rising line. */
  readonly rejected: readonly Rejected[];
  /** Of the file's bytes, unpacked (of the split's, in an archive). */
  readonly sha256: string;
}

export interface DatasetOptions {
  /** Which file of an archive or folder. */
  readonly split?: 'train' | 'dev' | 'test';
  readonly textColumn?: string | undefined;
  /** null: labels are not read, so none makes a row unfit. */
  readonly labelColumn?: string | null | undefined;
  /** Fail at the first row that does not fit, instead of leaving it out. */
  readonly strict?: boolean;
}

/** Names that public data sets give their columns. */
const textColumns = ['text_a', 'text', 'review', 'sentence', 'content'];
const labelColumns = ['label', 'labels', 'sentiment'];

/**
 * Opens a .tsv, .csv or .jsonl (each also .gz), or the split of a folder or .zip archive that holds one of these a split.
 * @throws RetortError data_file_missing, data_format_unknown, data_split_missing, archive_malformed,
 * data_column_missing, data_row_malformed (strict), data_empty
 */
export async function openDataset(file: string, options: DatasetOptions = {}): Promise<Dataset> {
  const { split = 'train', strict = false } = options;
  const content = await contentOf(file, split);
  const format = formatOf(content.name);
  const { text, brokenLines } = decodeUtf8(content.bytes);
  const rejected: Rejected[] = [];
  const reject = (line: number, reason: string) => {
    rejected.push({ line, reason });
  };
  const rows = [...readRows(text, format, reject)].filter(({ line, endLine }) => {
    const broken = holdsBetween(brokenLines, line, endLine);
    if (broken) reject(line, 'it is not UTF-8');
    return !broken;
  });
  const examples = rows.length === 0 ? [] : examplesOf(rows, content.name, options, reject);
  rejected.sort((a, b) => a.line - b.line);
  const first = rejected[0];
  if (strict && first !== undefined) throw fail('data_row_malformed', { path: content.name, ...first });
  if (examples.length === 0) {
    const reason =
      first === undefined
        ? 'it has none'
        : `${String(rejected.length)} do not, from line ${String(first.line)} on: ${first.reason}`;
    throw fail('data_empty', { path: content.name, reason });
  }
  return { examples, rejected, sha256: createHash('sha256').update(content.bytes).digest('hex') };
}

/** The same; null where a folder or archive has no such split. @throws RetortError of openDataset */
export function openSplit(file: string, options: DatasetOptions): Promise<Dataset | null> {
  return openDataset(file, options).catch((error: unknown) => {
    if (error instanceof RetortError && error.code === 'data_split_missing') return null;
    throw error;
  });
}

function holdsBetween(numbers: ReadonlySet<number>, low: number, high: number): boolean {
  for (let number = low; number <= high; number++) if (numbers.has(number)) return true;
  return false;
}

async function contentOf(file: string, split: string): Promise<{ name: string; bytes: Uint8Array }> {
  const missing = (error: unknown) => {
    throw fail('data_file_missing', { path: file }, error);
  };
  const found = await stat(file).catch(missing);
  if (found.isDirectory()) {
    const names = (await readdir(file).catch(missing)).sort();
    const name = names.find((entry) => isSplit(entry, split));
    if (name === undefined)
      throw fail('data_split_missing', { path: file, split, found: names.join(', ') || 'nothing' });
    return contentOf(path.join(file, name), split);
  }
  const bytes = await readFile(file).catch(missing);
  const content = file.endsWith('.zip') ? await readArchivedSplit(bytes, file, split) : { name: file, bytes };
  return content.name.endsWith('.gz') ? { ...content, bytes: gunzip(content.bytes, file) } : content;
}

function formatOf(name: string): RowFormat {
  const extension = path.extname(name.replace(/\.gz$/, ''));
  if (extension === '.tsv' || extension === '.csv' || extension === '.jsonl') return extension;
  throw fail('data_format_unknown', { path: name });
}

function examplesOf(
  rows: readonly Row[],
  file: string,
  options: DatasetOptions,
  reject: (line: number, reason: string) => void,
): Example[] {
  // Rows of JSON Lines need not have the same keys.
  const known = new Set<string>();
  for (const { values } of rows) for (const column of Object.keys(values)) known.add(column);
  const columns = [...known];
  const textColumn = columnOf(file, columns, 'text', options.textColumn, textColumns);
  const { labelColumn: wanted } = options;
  const unlabelled = wanted === undefined && !labelColumns.some((name) => known.has(name));
  const labelColumn =
    wanted === null || unlabelled ? null : columnOf(file, columns, 'label', wanted, labelColumns);
  return rows.flatMap((row) => exampleOf(row, textColumn, labelColumn, reject));
}

function columnOf(
  file: string,
  columns: readonly string[],
  what: string,
  wanted: string | undefined,
  known: readonly string[],
): string {
  const found =
    wanted === undefined
      ? known.find((name) => columns.includes(name))
      : columns.find((name) => name === wanted);
  if (found === undefined) {
    throw fail('data_column_missing', {
      path: file,
      what,
      column: wanted ?? known.join(' or '),
      found: columns.join(', '),
    });
  }
  return found;
}

const labels: ReadonlyMap<unknown, 0 | 1> = new Map<unknown, 0 | 1>([
  ['0', 0],
  ['1', 1],
  [0, 0],
  [1, 1],
  ['negative', 0],
  ['positive', 1],
]);

function exampleOf(
  { line, values }: Row,
  textColumn: string,
  labelColumn: string | null,
  reject: (line: number, reason: string) => void,
): Example[] {
  const written = values[textColumn];
  // What UTF-8 cannot hold, or readers of it take away, would not come back from a file as it went in.
  const text = typeof written === 'string' ? written.toWellFormed().replace(/^\uFEFF+/, '') : '';
  if (text.trim() === '') {
    reject(line, `its ${textColumn} is empty or not text`);
    return [];
  }
  if (labelColumn === null) return [{ text, label: null }];
  const value = values[labelColumn];
  const label = labels.get(value);
  if (label === undefined) {
    reject(
      line,
      `its ${labelColumn} is ${value === undefined ? 'absent' : JSON.stringify(value)}, not 0, 1, negative or positive`,
    );
    return [];
  }
  return [{ text, label }];
}
