/** PyTorch's own zip: a pickle of the state dict, and each storage in a file that is not compressed (since 1.6). */
import yauzl from 'yauzl';
import { fail } from '../../core/errors.js';
import { reasonOf } from '../../core/reason-of.js';
import type { RangeFile } from './file-range.js';
import { readPickle } from './pickle.js';
import { readStateTensor, stateDictNames, stateTensors } from './pytorch-state.js';
import type { CheckpointSource } from './source.js';

interface Part {
  readonly from: number;
  readonly bytes: number;
}

/** @throws RetortError checkpoint_malformed, checkpoint_refused */
export async function openZipState(file: RangeFile): Promise<CheckpointSource> {
  const malformed = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  const parts = await partsOf(file.path).catch((error: unknown) => {
    throw malformed(reasonOf(error));
  });
  const pickle = [...parts].find(([name]) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) throw malformed('it holds no data.pkl');
  const [pickleName, { from, bytes }] = pickle;
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const order = parts.get(`${folder}byteorder`);
  if (order !== undefined) {
    const word = Buffer.from(await file.read(order.from, Math.min(order.bytes, 16))).toString('latin1');
    if (word.trim() !== 'little') throw malformed('its numbers are not little-endian');
  }
  const { value } = await readPickle({ file, from, to: from + bytes }, stateDictNames);
  const tensors = stateTensors(value, file);
  const starts = new Map<string, number>();
  for (const [name, { storage }] of tensors) {
    const part = parts.get(`${folder}data/${storage.key}`);
    if (part === undefined || part.bytes < storage.elements * storage.bytes)
      throw malformed(`it does not hold all of the storage of ${name}`);
    starts.set(name, part.from);
  }
  return {
    tensors,
    async read(name) {
      const [tensor, start] = [tensors.get(name), starts.get(name)];
      if (tensor === undefined || start === undefined) throw malformed(`it holds no ${name}`);
      return readStateTensor(name, tensor, file, start);
    },
    close: () => file.close(),
  };
}

/** Where each file of the archive lies. yauzl refuses names that leave a folder, and entries that leave the file. */
async function partsOf(path: string): Promise<Map<string, Part>> {
  const archive = await yauzl.openPromise(path, { autoClose: false });
  try {
    const parts = new Map<string, Part>();
    for await (const entry of archive.eachEntry()) {
      const { fileName, compressionMethod, compressedSize, uncompressedSize } = entry;
      if (compressionMethod !== 0 || compressedSize !== uncompressedSize)
        throw new Error(`its entry ${fileName} is compressed`);
      const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
      parts.set(fileName, { from: fileDataStart, bytes: compressedSize });
    }
    return parts;
  } finally {
    archive.close();
  }
}
