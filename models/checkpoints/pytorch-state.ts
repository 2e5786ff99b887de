/** What a pickled PyTorch state dict says of its tensors: views of storages that lie outside of the pickle. */
import { fail } from '../../core/errors.js';
import { float32, sizeOf, type TensorOf } from '../../core/tensor.js';
import type { RangeFile } from './file-range.js';
import { entriesOf, isKind, type PickleValue, sizesOf } from './pickle.js';
import { gathered, spanOf } from './strided.js';
import type { StoredTensor } from './source.js';
import { type ElementType, floatTypes } from './widen.js';

const elementTypes: Readonly<Record<string, ElementType>> = {
  'torch.DoubleStorage': floatTypes.float64,
  'torch.FloatStorage': floatTypes.float32,
  'torch.HalfStorage': floatTypes.float16,
  'torch.BFloat16Storage': floatTypes.bfloat16,
  'torch.LongStorage': { bytes: 8, widen: null },
  'torch.IntStorage': { bytes: 4, widen: null },
  'torch.ShortStorage': { bytes: 2, widen: null },
  'torch.CharStorage': { bytes: 1, widen: null },
  'torch.ByteStorage': { bytes: 1, widen: null },
  'torch.BoolStorage': { bytes: 1, widen: null },
};

const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const rebuildParameter = 'torch._utils._rebuild_parameter';

/** What a state dict's pickle may name. */
export const stateDictNames: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  rebuildTensor,
  rebuildParameter,
  ...Object.keys(elementTypes),
]);

export interface Storage {
  readonly key: string;
  readonly type: string;
  readonly elements: number;
  readonly bytes: number;
}

/** Offset and strides count elements. */
export interface StateTensor extends StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * The tensors of a state dict by name; what else stands in it is passed over.
 * @throws RetortError checkpoint_malformed where a tensor reaches past its storage, or all of them hold more than the file
 */
export function stateTensors(state: PickleValue, file: RangeFile): Map<string, StateTensor> {
  const malformed = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  const outer = entriesOf(state);
  const entries = entriesOf(outer?.get('state_dict')) ?? outer;
  if (entries === null) throw malformed('its pickle is no state dict');
  const tensors = new Map<string, StateTensor>();
  let elements = 0;
  for (const [name, value] of entries) {
    const tensor = tensorOf(value);
    if (typeof name !== 'string' || tensor === null) continue;
    const { storage, offset, shape, strides } = tensor;
    const count = sizeOf(shape);
    if (!(offset + spanOf(shape, strides) <= storage.elements && count <= storage.elements))
      throw malformed(`${name} reaches past its storage`);
    elements += count;
    tensors.set(name, tensor);
  }
  // Tensors may share a storage; that many of them that they would fill memory is no checkpoint's way.
  if (elements > file.bytes)
    throw malformed('its tensors share storages so often that they hold more than the file');
  return tensors;
}

/** The storage that a persistent id names; null where it names none. */
export function storageOf(value: PickleValue | undefined): Storage | null {
  if (!isKind(value, 'persistent') || !Array.isArray(value.id)) return null;
  const [word, type, key, , elements, view = null] = value.id;
  if (word !== 'storage' || !isKind(type, 'global') || typeof key !== 'string') return null;
  const bytes = elementTypes[type.name]?.bytes;
  if (bytes === undefined || view !== null) return null;
  if (typeof elements !== 'number' || !Number.isSafeInteger(elements) || elements < 0) return null;
  return { key, type: type.name, elements, bytes };
}

/** @param start where the tensor's storage begins, in the file */
export async function readStateTensor(
  name: string,
  { storage, offset, shape, strides }: StateTensor,
  file: RangeFile,
  start: number,
): Promise<TensorOf<'float32'>> {
  const { type, bytes } = storage;
  const widen = elementTypes[type]?.widen ?? null;
  if (widen === null) {
    const reason = `${name} is of ${type}, not of floating-point numbers`;
    throw fail('checkpoint_malformed', { path: file.path, reason });
  }
  const { buffer } = await file.read(start + offset * bytes, spanOf(shape, strides) * bytes);
  return float32(gathered(widen(buffer), shape, strides), shape);
}

function tensorOf(value: PickleValue): StateTensor | null {
  // A parameter is around a tensor, never around another: one that holds itself would have no end.
  const held = isKind(value, 'call') && value.name === rebuildParameter ? value.args[0] : value;
  if (!isKind(held, 'call') || held.name !== rebuildTensor) return null;
  const storage = storageOf(held.args[0]);
  const [, offset] = held.args;
  const [shape, strides] = [sizesOf(held.args[2]), sizesOf(held.args[3])];
  if (storage === null || shape === null || strides?.length !== shape.length) return null;
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) return null;
  return { dtype: storage.type, shape, storage, offset, strides };
}
