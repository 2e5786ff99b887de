/** A file that is being fetched: `<path>.part`, and beside it which version of which URL its bytes are of. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { hasCode } from '../../core/has-code.js';
import { onDisk } from '../../core/on-disk.js';

const originSchema = z.object({ url: z.string(), validator: z.string().nullable() });

export class PartFile {
  readonly #path: string;
  readonly #url: string;
  readonly #handle: FileHandle;
  #hash: Hash = createHash('md5');
  #bytes = 0;
  #validator: string | null = null;

  private constructor(file: string, url: string, handle: FileHandle) {
    this.#path = file;
    this.#url = url;
    this.#handle = handle;
  }

  /**
   * Takes up what an earlier download of the same URL left, or starts with nothing.
   * @throws RetortError file_unwritable, as every method does
   */
  static async open(file: string, url: string): Promise<PartFile> {
    const handle = await onDisk(file, async () => {
      await mkdir(path.dirname(file), { recursive: true });
      return open(`${file}.part`, 'a+');
    });
    const part = new PartFile(file, url, handle);
    const origin = await part.#origin();
    if (origin?.url !== url) await part.restart(null);
    else {
      part.#validator = origin.validator;
      await onDisk(file, async () => {
        for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) {
          part.#count(chunk as Uint8Array);
        }
      });
    }
    return part;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The ETag or date of the version that the bytes are of; null where the server gave none. */
  get validator(): string | null {
    return this.#validator;
  }

  /** Of the bytes so far, in hexadecimal. */
  get md5(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Forgets the bytes; those that follow are of the version `validator`. */
  async restart(validator: string | null): Promise<void> {
    this.#hash = createHash('md5');
    this.#bytes = 0;
    this.#validator = validator;
    await onDisk(this.#path, async () => {
      await this.#handle.truncate(0);
      await writeFile(`${this.#path}.part.json`, JSON.stringify({ url: this.#url, validator }));
    });
  }

  async append(chunk: Uint8Array): Promise<void> {
    await onDisk(this.#path, () => this.#handle.appendFile(chunk));
    this.#count(chunk);
  }

  /** Puts the whole file in its place. */
  async finish(): Promise<void> {
    await onDisk(this.#path, async () => {
      await this.#handle.sync();
      await rename(`${this.#path}.part`, this.#path);
      await rm(`${this.#path}.part.json`, { force: true });
    });
  }

  /** Deletes the bytes. */
  async discard(): Promise<void> {
    await rm(`${this.#path}.part`, { force: true });
    await rm(`${this.#path}.part.json`, { force: true });
  }

  /** Leaves the bytes for the next download; leaves nothing where there are none. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#bytes === 0) await this.discard();
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  async #origin(): Promise<z.infer<typeof originSchema> | null> {
    try {
      return originSchema.parse(JSON.parse(await readFile(`${this.#path}.part.json`, 'utf8')));
    } catch {
      return null;
    }
  }
}

/**
 * The md5 and the size of a file; null where there is none.
 * @throws RetortError file_unwritable
 */
export async function fileDigest(file: string): Promise<{ md5: string; bytes: number } | null> {
  return onDisk(file, async () => {
    const hash = createHash('md5');
    let bytes = 0;
    try {
      for await (const chunk of createReadStream(file)) {
        hash.update(chunk as Uint8Array);
        bytes += (chunk as Uint8Array).length;
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
    return { md5: hash.digest('hex'), bytes };
  });
}
