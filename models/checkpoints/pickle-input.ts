/** A pickle's bytes, read piece by piece: large payloads are passed over and remembered by where they lie. */
import type { RetortError } from '../../core/errors.js';
import type { RangeFile } from './file-range.js';

/** Bytes that are read at once. */
const piece = 2 ** 16;

export class PickleInput {
  readonly #file: RangeFile;
  readonly #to: number;
  readonly #malformed: (reason: string) => RetortError;
  #held: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#held.buffer);
  /** Of the next byte, within `#held`. */
  #next = 0;
  /** Where `#held` begins, in the file. */
  #base: number;

  constructor(file: RangeFile, from: number, to: number, malformed: (reason: string) => RetortError) {
    this.#file = file;
    this.#base = from;
    this.#to = to;
    this.#malformed = malformed;
  }

  /** Of the next byte, in the file. */
  get position(): number {
    return this.#base + this.#next;
  }

  /** Reads ahead so that `count` bytes can be taken, as far as there are any; nothing to wait for where they are held. */
  ahead(count: number): Promise<void> | undefined {
    if (this.#held.length - this.#next >= count) return undefined;
    const from = this.position;
    return this.#hold(from, Math.min(Math.max(count, piece), this.#to - from));
  }

  /** Unsigned, little-endian; of bytes that were read ahead. */
  unsigned(bytes: 1 | 2 | 4): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  signed32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A length of 8 bytes. */
  length64(): number {
    const length = this.#view.getBigUint64(this.#take(8), true);
    if (length > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.#malformed('it ends before the data that it names');
    return Number(length);
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  async bytes(count: number): Promise<Uint8Array> {
    if (count > this.#to - this.position) throw this.#malformed('it ends before the data that it names');
    await this.ahead(count);
    const at = this.#take(count);
    return this.#held.slice(at, at + count);
  }

  /** Passes over `count` bytes; gives where they begin. */
  async pass(count: number): Promise<number> {
    const from = this.position;
    if (count > this.#to - from) throw this.#malformed('it ends before the data that it names');
    if (count <= this.#held.length - this.#next) this.#next += count;
    else await this.#hold(from + count, Math.min(piece, this.#to - from - count));
    return from;
  }

  /** Up to the next line feed, which is taken too. */
  async line(): Promise<string> {
    let end = this.#held.indexOf(0x0a, this.#next);
    if (end === -1) {
      await this.ahead(piece);
      end = this.#held.indexOf(0x0a, this.#next);
    }
    if (end === -1) throw this.#malformed('it has a line without an end');
    const text = Buffer.from(this.#held.subarray(this.#next, end)).toString('latin1');
    this.#next = end + 1;
    return text;
  }

  #take(count: number): number {
    const at = this.#next;
    if (at + count > this.#held.length) throw this.#malformed('it ends early');
    this.#next += count;
    return at;
  }

  async #hold(from: number, count: number): Promise<void> {
    this.#held = await this.#file.read(from, count);
    this.#view = new DataView(this.#held.buffer, this.#held.byteOffset, this.#held.byteLength);
    this.#base = from;
    this.#next = 0;
  }
}
