/** One split's file out of a zip archive. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { fail } from '../../core/errors.js';

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A split larger than this, unpacked, is not read. */
const largestSplitBytes = 2 ** 30;

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
    if (entry !== undefined && entry.uncompressedSize <= largestSplitBytes) {
      const open = promisify((done: (error: Error | null, stream: NodeJS.ReadableStream) => void) => {
        archive.openReadStream(entry, done);
      });
      return { name: entry.fileName, bytes: await buffer(await open()) };
    }
  } catch (error) {
    throw fail(
      'archive_malformed',
      { path: file, reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
  throw fail('data_split_missing', { path: file, split, found: names.join(', ') });
}
