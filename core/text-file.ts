/** Files of texts: one a line (.txt), or one JSON value a line (.jsonl: a string, or an object with `text`); each also .gz. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { fail, RetortError } from './errors.js';

const rowSchema = z.union([z.string(), z.looseObject({ text: z.string() }).transform((row) => row.text)]);

/**
 * The texts of a file in its order; blank lines are left out.
 * @throws RetortError texts_file_empty; of `streamFile`
 */
export async function readTexts(file: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of streamFile(createReadStream(file), file)) texts.push(text);
  if (texts.length === 0) throw fail('texts_file_empty', { path: file });
  return texts;
}

/**
 * The texts of a file's stream as they come, by the ending of its name; blank lines are left out.
 * @throws RetortError texts_format_unknown at once; texts_file_missing, texts_line_malformed, archive_malformed
 */
export function streamFile(stream: Readable, file: string): AsyncGenerator<string> {
  const packed = file.endsWith('.gz');
  const extension = path.extname(packed ? file.slice(0, -'.gz'.length) : file);
  if (extension !== '.txt' && extension !== '.jsonl') {
    stream.destroy();
    throw fail('texts_format_unknown', { path: file });
  }
  // What goes wrong shows where the texts are read.
  const content = packed ? pipeline(stream, createGunzip(), () => undefined) : stream;
  return extension === '.jsonl' ? streamTexts(content, file) : streamLines(content, file);
}

/**
 * The texts of a stream of JSON lines, as they come; blank lines are left out.
 * @param name only names the stream in errors
 * @throws RetortError texts_file_missing, texts_line_malformed, archive_malformed
 */
export async function* streamTexts(stream: Readable, name: string): AsyncGenerator<string> {
  let line = 0;
  try {
    for await (const row of rows(stream)) {
      line += 1;
      const content = line === 1 ? row.replace(/^\uFEFF/, '') : row;
      if (content.trim() !== '') yield parseRow(content, name, line);
    }
  } catch (error) {
    if (error instanceof RetortError) throw error;
    throw unreadable(name, error);
  }
}

/**
 * The lines of a stream as texts, as they come; blank lines are left out.
 * @param name only names the stream in errors
 * @throws RetortError texts_file_missing, archive_malformed
 */
export async function* streamLines(stream: Readable, name: string): AsyncGenerator<string> {
  try {
    let first = true;
    for await (const row of rows(stream)) {
      const line = (first ? row.replace(/^\uFEFF/, '') : row).replace(/\r$/, '');
      first = false;
      if (line.trim() !== '') yield line;
    }
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(file: string, error: unknown): RetortError {
  const damaged = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
  return damaged
    ? fail('archive_malformed', { path: file, reason: error.message }, error)
    : fail('texts_file_missing', { path: file }, error);
}

/** Unlike node:readline, which also ends a line at U+2028; JSON may hold that. */
async function* rows(stream: Readable): AsyncGenerator<string> {
  let begun = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const [first = '', ...more] = chunk.split('\n');
    begun += first;
    for (const next of more) {
      yield begun;
      begun = next;
    }
  }
  yield begun;
}

function parseRow(row: string, name: string, line: number): string {
  try {
    return rowSchema.parse(JSON.parse(row));
  } catch (error) {
    throw fail('texts_line_malformed', { path: name, line }, error);
  }
}
