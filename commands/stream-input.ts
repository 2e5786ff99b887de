/** Texts of a large file as they come, by the ending of its name. */
import path from 'node:path';
import type { Readable } from 'node:stream';
import { streamLines, streamTexts } from '../core/text-file.js';

/** .jsonl holds a JSON value a line, every other file a text a line. @throws RetortError of the texts */
export function streamInput(stream: Readable, file: string): AsyncGenerator<string> {
  return path.extname(file) === '.jsonl' ? streamTexts(stream, file) : streamLines(stream, file);
}
