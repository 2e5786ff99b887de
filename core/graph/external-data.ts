/** Where the data of a tensor lie that are not in its message: in a file within the model's folder. */
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { TensorProto } from 'onnx-buf';
import { fail } from '../errors.js';
import { reasonOf } from '../reason-of.js';
import { sizeOf } from '../tensor.js';
import { storedBytes } from './data-types.js';
import { expectBytes, tensorShape } from './onnx-decode-tensor.js';
import { thisFile } from './onnx-skeleton.js';

/** A stretch of a file. */
export interface Stretch {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Finds stretches for the tensors of one model; each data file is looked at once. */
export class ExternalData {
  readonly #model: string;
  readonly #files = new Map<string, Promise<DataFile>>();

  constructor(model: string) {
    this.#model = model;
  }

  /** Data files that tensors lie in, without the model itself. */
  async files(): Promise<DataFile[]> {
    const files = await Promise.all(this.#files.values());
    return files.filter((file) => file.path !== this.#model);
  }

  /**
   * @throws RetortError onnx_external_missing, onnx_external_outside, onnx_external_short, onnx_tensor_incomplete,
   * onnx_malformed
   */
  async find(proto: TensorProto): Promise<Stretch> {
    const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? thisFile;
    const expected = storedBytes(proto.dataType, sizeOf(tensorShape(proto)));
    if (expected === null)
      throw fail('onnx_malformed', { reason: `tensor ${proto.name}: its data type has no fixed size` });
    const offset = wholeNumber(proto, 'offset', entries.get('offset') ?? '0');
    const length = wholeNumber(proto, 'length', entries.get('length') ?? String(expected));
    expectBytes(proto.name, length, expected);
    const known = this.#files.get(location) ?? this.#open(proto.name, location);
    this.#files.set(location, known);
    const { path: file, bytes } = await known;
    if (offset + length > bytes)
      throw fail('onnx_external_short', {
        name: proto.name,
        start: offset,
        end: offset + length,
        path: file,
        size: bytes,
      });
    return { path: file, offset, length };
  }

  async #open(name: string, location: string): Promise<DataFile> {
    const model = this.#model;
    if (location === thisFile) return { path: model, bytes: (await stat(model)).size };
    const outside = () => fail('onnx_external_outside', { name, location });
    // A backslash parts folders on one system and is a letter on others; a model means the same on both.
    const steps = location.split(/[\\/]/);
    if (
      path.isAbsolute(location) ||
      /^[a-z]:/i.test(location) ||
      location.includes('\0') ||
      steps.includes('..')
    )
      throw outside();
    const folder = path.dirname(model);
    const file = path.join(folder, location);
    const missing = (reason: string, cause?: unknown) =>
      fail('onnx_external_missing', { name, path: file, reason }, cause);
    const real = await realpath(file).catch((error: unknown) => {
      throw missing('there is no such file', error);
    });
    const inside = path.relative(await realpath(folder), real);
    if (inside.split(path.sep)[0] === '..' || path.isAbsolute(inside)) throw outside();
    const found = await stat(real);
    if (!found.isFile()) throw missing('it is not a file');
    return { path: file, bytes: found.size };
  }
}

export interface DataFile {
  readonly path: string;
  readonly bytes: number;
}

/** The bytes of a stretch, in a buffer of their own. @throws RetortError onnx_external_missing */
export async function readStretch(
  name: string,
  { path: file, offset, length }: Stretch,
): Promise<ArrayBuffer> {
  const missing = (reason: string, cause?: unknown) =>
    fail('onnx_external_missing', { name, path: file, reason }, cause);
  const handle = await open(file).catch((error: unknown) => {
    throw missing(reasonOf(error), error);
  });
  try {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      // One read takes less than 2 GiB.
      const wanted = Math.min(length - filled, 1 << 30);
      const { bytesRead } = await handle.read(bytes, filled, wanted, offset + filled);
      if (bytesRead === 0) throw missing('it became shorter while it was read');
      filled += bytesRead;
    }
    return bytes.buffer;
  } finally {
    await handle.close();
  }
}

function wholeNumber({ name }: TensorProto, key: string, value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number))
    throw fail('onnx_malformed', { reason: `tensor ${name}: the ${key} of its data is ${value}` });
  return number;
}
