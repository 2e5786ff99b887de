/** Compressed data: one split's file out of a zip archive, the content of a .gz. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import yauzl from 'yauzl';
import { fail, type RetortError } from '../../core/errors.js';
import { reasonOf } from '../../core/reason-of.js';

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file larger than this, unpacked, is not read. */
const largestFileBytes = 2 ** 30;

/** Whether a file, in whatever folder, is the split's. */
export function isSplit(file: string, split: string): boolean {
  return new RegExp(`(^|/)${split}\\.(tsv|csv|jsonl)(\\.gz)?$`).test(file);
}

const fromBuffer = promisify<Buffer, yauzl.Options, yauzl.ZipFile>((bytes, options, done) => {
  yauzl.fromBuffer(bytes, options, done);
});

/**
 * The file `<split>.tsv`, `.csv` or `.jsonl` of the archive, in whatever folder.
 * @throws RetortError archive_malformed, data_split_missing
 */
export async function readArchivedSplit(bytes: Buffer, file: string, split: string): Promise<ArchivedFile> {
  const names: string[] = [];
  try {
    const archive = await fromBuffer(bytes, { lazyEntries: false, autoClose: false });
    const entries = await new Promise<yauzl.Entry[]>((resolve, reject) => {
      const found: yauzl.Entry[] = [];
      archive.on('entry', (entry: yauzl.Entry) => found.push(entry));
      archive.on('end', () => {
        resolve(found);
      });
      archive.on('error', reject);
    });
    // macOS puts a shadow of every file beside it.
    const files = entries.filter(
      ({ fileName }) => !fileName.startsWith('__MACOSX/') && !fileName.endsWith('/'),
    );
    names.push(...files.map(({ fileName }) => fileName));
    const entry = files.find(({ fileName }) => isSplit(fileName, split));
    if (entry !== undefined) {
      if (entry.uncompressedSize > largestFileBytes)
        throw new Error(`${entry.fileName} is larger than ${String(largestFileBytes)} bytes`);
      const open = promisify((done: (error: Error | null, stream: NodeJS.ReadableStream) => void) => {
        archive.openReadStream(entry, done);
      });
      return { name: entry.fileName, bytes: await buffer(await open()) };
    }
  } catch (error) {
    throw malformed(file, error);
  }
  throw fail('data_split_missing', { path: file, split, found: names.join(', ') || 'nothing' });
}

/**
 * What a gzip file holds.
 * @throws RetortError archive_malformed
 */
export function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: largestFileBytes });
  } catch (error) {
    throw malformed(file, error);
  }
}

function malformed(file: string, error: unknown): RetortError {
  return fail('archive_malformed', { path: file, reason: reasonOf(error) }, error);
}
