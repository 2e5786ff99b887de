/** Files of texts: one a line (.txt), or one JSON value a line (.jsonl: a string, or an object with `text`). */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { fail, RetortError } from './errors.js';

const rowSchema = z.union([z.string(), z.looseObject({ text: z.string() }).transform((row) => row.text)]);

/**
 * The texts of a file in its order; blank lines are left out.
 * @throws RetortError texts_file_missing, texts_line_malformed, texts_file_empty
 */
export async function readTexts(path: string): Promise<string[]> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fail('texts_file_missing', { path }, error);
  });
  const parse = path.endsWith('.jsonl') ? parseRow : (line: string) => line;
  const texts: string[] = [];
  for (const [index, line] of content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() !== '') texts.push(parse(line, path, index + 1));
  }
  if (texts.length === 0) throw fail('texts_file_empty', { path });
  return texts;
}

/**
 * The texts of a stream of JSON lines, as they come; blank lines are left out.
 * @param path only names the stream in errors
 * @throws RetortError texts_file_missing, texts_line_malformed
 */
export async function* streamTexts(stream: Readable, path: string): AsyncGenerator<string> {
  let line = 0;
  try {
    for await (const row of rows(stream)) {
      line += 1;
      const content = line === 1 ? row.replace(/^\uFEFF/, '') : row;
      if (content.trim() !== '') yield parseRow(content, path, line);
    }
  } catch (error) {
    if (error instanceof RetortError) throw error;
    throw fail('texts_file_missing', { path }, error);
  }
}

/**
 * The lines of a stream as texts, as they come; blank lines are left out.
 * @param path only names the stream in errors
 * @throws RetortError texts_file_missing
 */
export async function* streamLines(stream: Readable, path: string): AsyncGenerator<string> {
  try {
    let first = true;
    for await (const row of rows(stream)) {
      const line = (first ? row.replace(/^\uFEFF/, '') : row).replace(/\r$/, '');
      first = false;
      if (line.trim() !== '') yield line;
    }
  } catch (error) {
    throw fail('texts_file_missing', { path }, error);
  }
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

function parseRow(row: string, path: string, line: number): string {
  try {
    return rowSchema.parse(JSON.parse(row));
  } catch (error) {
    throw fail('texts_line_malformed', { path, line }, error);
  }
}
