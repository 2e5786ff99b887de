/** Safetensors files: every width of float, shards, and headers that lie. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { safetensorsFormat, shardedSafetensorsFormat } from '../../../models/checkpoints/safetensors-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

function fileOf(header: unknown, data: Uint8Array, headerBytes?: bigint): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

async function read(bytes: Uint8Array, name = 'x'): Promise<number[]> {
  const file = path.join(folder, 'one.safetensors');
  await writeFile(file, bytes);
  const source = await safetensorsFormat.open(file);
  try {
    return Array.from((await source.read(name)).data);
  } finally {
    await source.close();
  }
}

const one = (dtype: string, shape: number[], bytes: number) => ({
  x: { dtype, shape, data_offsets: [0, bytes] },
});

test('every width of float is widened to float32', async () => {
  const values = [1, -2.5, 0, 65504, 2 ** -24];
  expect(await read(fileOf(one('F32', [5], 20), Buffer.from(Float32Array.from(values).buffer)))).toEqual(
    values,
  );
  expect(await read(fileOf(one('F64', [5], 40), Buffer.from(Float64Array.from(values).buffer)))).toEqual(
    values,
  );
  const halves = Uint16Array.from([0x3c00, 0xc100, 0, 0x7bff, 0x0001]);
  expect(await read(fileOf(one('F16', [5], 10), Buffer.from(halves.buffer)))).toEqual(values);
  const brains = Uint16Array.from([0x3f80, 0xc020, 0, 0x4780, 0x3380]);
  expect(await read(fileOf(one('BF16', [5], 10), Buffer.from(brains.buffer)))).toEqual([
    1,
    -2.5,
    0,
    65536,
    2 ** -24,
  ]);
});

const data = Buffer.alloc(16);

test.each([
  ['an empty file', Buffer.alloc(0)],
  ['a file of seven bytes', Buffer.alloc(7)],
  ['a header of 2^60 bytes', fileOf(one('F32', [4], 16), data, 2n ** 60n)],
  ['a header longer than the file', fileOf(one('F32', [4], 16), data, 500n)],
  ['a header that is no JSON', fileOf(one('F32', [4], 16), data, 5n)],
  ['a header that is an array', fileOf([], data)],
  ['data that end early', fileOf(one('F32', [4], 16), data.subarray(0, 12))],
  ['a shape that does not fit', fileOf(one('F32', [5], 16), data)],
  ['a shape that is enormous', fileOf(one('F32', [2 ** 40, 2 ** 20], 16), data)],
  ['a negative offset', fileOf({ x: { dtype: 'F32', shape: [4], data_offsets: [-16, 0] } }, data)],
  ['a dtype that is not known', fileOf(one('F8_E4M3', [16], 16), data)],
  ['integers', fileOf(one('I32', [4], 16), data)],
  [
    'tensors that overlap',
    fileOf({ ...one('F32', [2], 8), y: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, data),
  ],
])('%s is refused', async (_what, bytes) => {
  await expect(read(bytes)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
});

test('shards are found through their index, and never outside of the folder', async () => {
  const index = path.join(folder, 'model.safetensors.index.json');
  await writeFile(path.join(folder, 'a.safetensors'), fileOf(one('F32', [4], 16), data));
  const open = async (map: Record<string, string>) => {
    await writeFile(index, JSON.stringify({ weight_map: map }));
    const source = await shardedSafetensorsFormat.open(index);
    try {
      return (await source.read('x')).shape;
    } finally {
      await source.close();
    }
  };
  expect(await open({ x: 'a.safetensors' })).toEqual([4]);
  await expect(open({ x: '../a.safetensors' })).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  await expect(open({ z: 'a.safetensors' })).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  await expect(open({ x: 'b.safetensors' })).rejects.toMatchObject({ code: 'checkpoint_missing' });
});
