/** Paddle checkpoints: one pickle of numpy arrays by name. Source: paddle/framework/io.py. */
import { fail } from '../../core/errors.js';
import { float32, sizeOf, type TensorOf } from '../../core/tensor.js';
import { openRangeFile, type RangeFile } from './file-range.js';
import { entriesOf, isKind, type PickledBytes, type PickleValue, readPickle, sizesOf } from './pickle.js';
import { gathered, rowMajor } from './strided.js';
import type { CheckpointFormat, CheckpointSource, StoredTensor } from './source.js';
import { type ElementType, floatTypes } from './widen.js';

export const paddleFormat: CheckpointFormat = {
  name: 'Paddle',
  find(names) {
    const files = names.filter((name) => name.endsWith('.pdparams'));
    return (
      files.find((name) => name === 'model_state.pdparams') ??
      (files.length === 1 ? (files[0] ?? null) : null)
    );
  },
  open: openArrays,
};

/** Without their byte order. Paddle keeps bfloat16 as unsigned integers of 16 bits. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  f8: floatTypes.float64,
  f4: floatTypes.float32,
  f2: floatTypes.float16,
  u2: floatTypes.bfloat16,
  i8: { bytes: 8, widen: null },
  i4: { bytes: 4, widen: null },
  u1: { bytes: 1, widen: null },
  b1: { bytes: 1, widen: null },
};

/** Of any other: listed, never widened. */
const unread: ElementType = { bytes: 0, widen: null };

const tupleNames = ['builtins.tuple', '__builtin__.tuple'];
const reconstructNames = ['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct'];

const arrayNames: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'numpy.ndarray',
  'numpy.dtype',
  '_codecs.encode',
  ...tupleNames,
  ...reconstructNames,
]);

interface PickledArray extends StoredTensor {
  readonly type: ElementType;
  /** Column-major: the first axis is the fastest. */
  readonly fortran: boolean;
  /** Bytes, or text whose characters are the bytes, as protocol 2 has them. */
  readonly data: PickledBytes | string;
}

async function openArrays(path: string): Promise<CheckpointSource> {
  const file = await openRangeFile(path);
  const malformed = (reason: string) => fail('checkpoint_malformed', { path, reason });
  try {
    const { value } = await readPickle({ file, from: 0, to: file.bytes }, arrayNames);
    const entries = entriesOf(value);
    if (entries === null) throw malformed('its pickle is no dict of arrays');
    const tensors = new Map<string, PickledArray>();
    let elements = 0;
    for (const [name, entry] of entries) {
      const array = arrayOf(entry);
      if (typeof name !== 'string' || array === null) continue;
      elements += sizeOf(array.shape);
      tensors.set(name, array);
    }
    if (elements > file.bytes) throw malformed('its arrays hold more than the file');
    return {
      tensors,
      async read(name) {
        const array = tensors.get(name);
        if (array === undefined) throw malformed(`it holds no ${name}`);
        return readArray(name, array, file);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An array as numpy pickles it, or Paddle's pair of a name and one; null of anything else. */
function arrayOf(value: PickleValue): PickledArray | null {
  if (Array.isArray(value)) return value.length === 2 ? plainArrayOf(value[1]) : null;
  if (isKind(value, 'call') && tupleNames.includes(value.name)) {
    const [pair] = value.args;
    return Array.isArray(pair) ? plainArrayOf(pair[1]) : null;
  }
  return plainArrayOf(value);
}

function plainArrayOf(value: PickleValue | undefined): PickledArray | null {
  if (!isKind(value, 'call') || !reconstructNames.includes(value.name)) return null;
  if (!Array.isArray(value.state)) return null;
  const [, sizes, dtype, fortran, data] = value.state;
  const shape = sizesOf(sizes);
  const name = dtypeOf(dtype);
  const type = name === null || name.startsWith('>') ? undefined : elementTypes[name.slice(1)];
  const bytes = bytesOf(data);
  if (shape === null || name === null || bytes === null) return null;
  return { dtype: name, shape, type: type ?? unread, fortran: fortran === true, data: bytes };
}

/** With its byte order before it; null where it is none. */
function dtypeOf(value: PickleValue | undefined): string | null {
  if (!isKind(value, 'call') || value.name !== 'numpy.dtype') return null;
  const [name] = value.args;
  const order = Array.isArray(value.state) ? value.state[1] : '|';
  return typeof name === 'string' && (order === '<' || order === '>' || order === '|') ? order + name : null;
}

function bytesOf(value: PickleValue | undefined): PickledBytes | string | null {
  if (isKind(value, 'bytes')) return value;
  if (!isKind(value, 'call') || value.name !== '_codecs.encode') return null;
  const [text, encoding] = value.args;
  if (encoding !== 'latin1') return null;
  return typeof text === 'string' || isKind(text, 'bytes') ? text : null;
}

async function readArray(
  name: string,
  { data, shape, type, fortran, dtype }: PickledArray,
  file: RangeFile,
): Promise<TensorOf<'float32'>> {
  const malformed = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  if (type.widen === null)
    throw malformed(`${name} is of ${dtype}, not of little-endian floating-point numbers`);
  const bytes = await contentOf(data, file);
  if (bytes.length !== sizeOf(shape) * type.bytes)
    throw malformed(`the data of ${name} do not fit its shape`);
  // A copy begins at a multiple of every element's width.
  const values = type.widen(
    bytes.byteOffset === 0 ? bytes.buffer.slice(0, bytes.length) : Uint8Array.from(bytes).buffer,
  );
  const strides = fortran ? rowMajor(shape.toReversed()).reverse() : rowMajor(shape);
  return float32(gathered(values, shape, strides), shape);
}

async function contentOf(data: PickledBytes | string, file: RangeFile): Promise<Uint8Array> {
  if (typeof data === 'string') return Buffer.from(data, 'latin1');
  const bytes = await file.read(data.from, data.length);
  return data.encoding === 'raw' ? bytes : Buffer.from(Buffer.from(bytes).toString('utf8'), 'latin1');
}
