/** Reading byte ranges of a checkpoint's file, never past its end. */
import { type FileHandle, open } from 'node:fs/promises';
import { fail } from '../../core/errors.js';

export interface RangeFile {
  readonly path: string;
  readonly bytes: number;
  /** @throws RetortError checkpoint_malformed where the file ends before the range does */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws RetortError checkpoint_missing */
export async function openRangeFile(path: string): Promise<RangeFile> {
  const handle: FileHandle = await open(path, 'r').catch((error: unknown) => {
    throw fail('checkpoint_missing', { path }, error);
  });
  const { size } = await handle.stat();
  return {
    path,
    bytes: size,
    async read(offset, length) {
      // Compared before anything is allocated: a crafted length must not cost memory.
      if (!(offset >= 0 && length >= 0 && offset + length <= size))
        throw fail('checkpoint_malformed', { path, reason: 'it ends before the data that it names' });
      const buffer = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0)
          throw fail('checkpoint_malformed', { path, reason: 'it became shorter while it was read' });
        done += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}
