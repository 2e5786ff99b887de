/** Files of texts: one a line (.txt), or one JSON value a line (.jsonl: a string, or an object with `text`). */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from './errors.js';

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

function parseRow(row: string, path: string, line: number): string {
  try {
    return rowSchema.parse(JSON.parse(row));
  } catch (error) {
    throw fail('texts_line_malformed', { path, line }, error);
  }
}
