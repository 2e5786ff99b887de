/**
 * Puts the outputs of all shards together, in the order of the input. Shard i of n has the rows i - 1, i - 1 + n, …, so
 * that the next row is always the next of the next file; every row is held against the text that it is of.
 */
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { exists } from '../../core/exists.js';
import { fail } from '../../core/errors.js';
import { onDisk } from '../../core/on-disk.js';
import { streamLines } from '../../core/text-file.js';

export interface MergeOptions {
  /** All texts of the input, in order. */
  readonly texts: AsyncIterable<string>;
  /** What each shard has written, in any order. */
  readonly shards: readonly string[];
  readonly output: string;
  readonly onProgress?: (rows: number) => void;
}

const rowSchema = z.looseObject({ index: z.int().nonnegative(), text: z.string() });

interface ShardRow {
  readonly index: number;
  readonly text: string;
  readonly line: string;
}

interface OpenShard {
  readonly path: string;
  readonly lines: AsyncGenerator<string>;
  /** The row that comes; null at the end. */
  next: ShardRow | null;
}

/** Rows that are written together. */
const chunk = 1024;

/**
 * The output appears when it is whole; merging again gives the same bytes.
 * @returns how many rows there are
 * @throws RetortError merge_shard_missing, merge_shard_unfinished, merge_row_malformed, merge_incomplete,
 * file_unwritable, and those of the texts
 */
export async function mergeShards({ texts, shards, output, onProgress }: MergeOptions): Promise<number> {
  for (const path of shards) await checkFinished(path);
  const sources = await Promise.all(shards.map(openShard));
  // By their first rows; a shard may have none.
  sources.sort((a, b) => (a.next?.index ?? Infinity) - (b.next?.index ?? Infinity));
  const part = `${output}.part`;
  const file = await onDisk(part, () => open(part, 'w'));
  let rows = 0;
  let lines: string[] = [];
  const write = async () => {
    const text = `${lines.join('\n')}\n`;
    if (lines.length > 0) await onDisk(part, () => file.appendFile(text));
    lines = [];
    onProgress?.(rows);
  };
  try {
    for await (const text of texts) {
      const source = sources[rows % sources.length];
      if (source !== undefined) lines.push((await take(source, rows, text)).line);
      rows += 1;
      if (lines.length === chunk) await write();
    }
    for (const { path, next } of sources) {
      if (next !== null)
        throw incomplete(path, `it goes on with row ${next.index}, and the input ends before`);
    }
    await write();
    await onDisk(part, () => file.sync());
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
    await Promise.all(sources.map(({ lines: open }) => open.return(undefined)));
  }
  await onDisk(output, () => rename(part, output));
  return rows;
}

async function checkFinished(path: string): Promise<void> {
  if (await exists(`${path}.part`)) throw fail('merge_shard_unfinished', { path });
  if (!(await exists(path))) throw fail('merge_shard_missing', { path });
}

async function openShard(path: string): Promise<OpenShard> {
  const shard: OpenShard = { path, lines: streamLines(createReadStream(path), path), next: null };
  await advance(shard, 1);
  return shard;
}

async function take(shard: OpenShard, index: number, text: string): Promise<ShardRow> {
  const { path, next } = shard;
  if (next?.index !== index) {
    const found = next === null ? 'it ends' : `it has row ${next.index}`;
    throw incomplete(path, `row ${index} should come, and ${found}`);
  }
  if (next.text !== text) throw incomplete(path, `its row ${index} is of another text than the input's`);
  await advance(shard, index + 1);
  return next;
}

/** @param row names the place in errors */
async function advance(shard: OpenShard, row: number): Promise<void> {
  const read = await shard.lines.next();
  if (read.done === true) {
    shard.next = null;
    return;
  }
  const line = read.value;
  try {
    const { index, text } = rowSchema.parse(JSON.parse(line));
    shard.next = { index, text, line };
  } catch (error) {
    throw fail('merge_row_malformed', { path: shard.path, row }, error);
  }
}

function incomplete(path: string, reason: string): Error {
  return fail('merge_incomplete', { path, reason });
}
