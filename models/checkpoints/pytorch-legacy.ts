/**
 * PyTorch's files before 1.6: pickles of a magic number, a version, what the machine was, the state dict and the keys
 * of its storages; then each storage, a count of 8 bytes before its elements. Source: torch/serialization.py,
 * _legacy_load.
 */
import { fail } from '../../core/errors.js';
import type { RangeFile } from './file-range.js';
import { entriesOf, readPickle } from './pickle.js';
import { readStateTensor, stateDictNames, stateTensors } from './pytorch-state.js';
import type { CheckpointSource } from './source.js';

const magicNumber = 0x1950a86a20f9469cfc6cn;
const noNames: ReadonlySet<string> = new Set();

/** @throws RetortError checkpoint_malformed, checkpoint_refused */
export async function openLegacyState(file: RangeFile): Promise<CheckpointSource> {
  const malformed = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  const read = (from: number, names: ReadonlySet<string>) =>
    readPickle({ file, from, to: file.bytes }, names);
  const magic = await read(0, noNames);
  if (magic.value !== magicNumber) throw malformed('it is no PyTorch file');
  const version = await read(magic.end, noNames);
  const machine = await read(version.end, noNames);
  if (entriesOf(machine.value)?.get('little_endian') !== true)
    throw malformed('its numbers are not little-endian');
  const state = await read(machine.end, stateDictNames);
  const tensors = stateTensors(state.value, file);
  const keys = await read(state.end, noNames);
  if (!Array.isArray(keys.value)) throw malformed('it does not list its storages');

  const widths = new Map(Array.from(tensors.values(), ({ storage }) => [storage.key, storage.bytes]));
  const starts = new Map<string, number>();
  let position = keys.end;
  for (const key of keys.value) {
    const width = typeof key === 'string' ? widths.get(key) : undefined;
    if (typeof key !== 'string' || width === undefined)
      throw malformed('it lists a storage that no tensor uses');
    const count = Number(Buffer.from(await file.read(position, 8)).readBigInt64LE());
    const bytes = count * width;
    if (!(count >= 0 && position + 8 + bytes <= file.bytes))
      throw malformed('it ends before the data that it names');
    starts.set(key, position + 8);
    position += 8 + bytes;
  }
  return {
    tensors,
    async read(name) {
      const tensor = tensors.get(name);
      const start = starts.get(tensor?.storage.key ?? '');
      if (tensor === undefined || start === undefined) throw malformed(`it holds no ${name}`);
      return readStateTensor(name, tensor, file, start);
    },
    close: () => file.close(),
  };
}
