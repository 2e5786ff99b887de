/** Labelled texts from files: the format is told by the name, rows that do not fit are counted and named. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fail } from '../../core/errors.js';
import { isSplit, readArchivedSplit } from './archive.js';
import { readRows, type Row, type RowFormat } from './rows.js';

export interface Example {
  readonly text: string;
  /** 0 negative, 1 positive; null where the file has no labels. */
  readonly label: 0 | 1 | null;
}

export interface Rejected {
  /** 1-based, the header counted. */
  readonly line: number;
  readonly reason: string;
}

export interface Dataset {
  readonly examples: readonly Example[];
  readonly rejected: readonly Rejected[];
  /** Of the file's bytes (of the split's, in an archive). */
  readonly sha256: string;
}

export interface DatasetOptions {
  /** Which file of an archive or folder. */
  readonly split?: 'train' | 'dev' | 'test';
  readonly textColumn?: string;
  readonly labelColumn?: string;
  /** Fail at the first row that does not fit, instead of leaving it out. */
  readonly strict?: boolean;
}

/** Names that public data sets give their columns. */
const textColumns = ['text_a', 'text', 'review', 'sentence', 'content'];
const labelColumns = ['label', 'labels', 'sentiment'];

/**
 * Opens a .tsv, .csv or .jsonl (each also .gz), or the split of a folder or .zip archive that holds one of these a split.
 * @throws RetortError data_file_missing, data_format_unknown, data_split_missing, data_column_missing,
 * data_row_malformed (strict), data_empty
 */
export async function openDataset(file: string, options: DatasetOptions = {}): Promise<Dataset> {
  const { split = 'train', strict = false } = options;
  const content = await contentOf(file, split);
  const format = formatOf(content.name);
  const text = new TextDecoder().decode(content.bytes);
  const rejected: Rejected[] = [];
  const reject = (line: number, reason: string) => {
    if (strict) throw fail('data_row_malformed', { path: content.name, line, reason });
    rejected.push({ line, reason });
  };
  const rows = [...readRows(text, format, reject)];
  const columns = Object.keys(rows[0]?.values ?? {});
  if (rows.length === 0) throw fail('data_empty', { path: content.name });
  const textColumn = columnOf(content.name, columns, 'text', options.textColumn, textColumns);
  const labelColumn =
    options.labelColumn === undefined && !labelColumns.some((name) => columns.includes(name))
      ? null
      : columnOf(content.name, columns, 'label', options.labelColumn, labelColumns);
  const examples = rows.flatMap((row) => exampleOf(row, textColumn, labelColumn, reject));
  return { examples, rejected, sha256: createHash('sha256').update(content.bytes).digest('hex') };
}

async function contentOf(file: string, split: string): Promise<{ name: string; bytes: Uint8Array }> {
  const missing = (error: unknown) => fail('data_file_missing', { path: file }, error);
  const found = await stat(file).catch((error: unknown) => {
    throw missing(error);
  });
  if (found.isDirectory()) {
    const names = await readdir(file);
    const name = names.find((entry) => isSplit(entry, split));
    if (name === undefined) throw fail('data_split_missing', { path: file, split, found: names.join(', ') });
    return contentOf(path.join(file, name), split);
  }
  const bytes = await readFile(file);
  if (file.endsWith('.zip')) return readArchivedSplit(bytes, file, split);
  return { name: file, bytes: file.endsWith('.gz') ? gunzipSync(bytes) : bytes };
}

function formatOf(name: string): RowFormat {
  const extension = path.extname(name.replace(/\.gz$/, ''));
  if (extension === '.tsv' || extension === '.csv' || extension === '.jsonl') return extension;
  throw fail('data_format_unknown', { path: name });
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
  const text = values[textColumn];
  if (typeof text !== 'string' || text.trim() === '') {
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
