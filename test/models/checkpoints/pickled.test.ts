/** PyTorch and Paddle files: what they hold, and files that lie or want to run something. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { paddleFormat } from '../../../models/checkpoints/paddle.js';
import { readPickle } from '../../../models/checkpoints/pickle.js';
import { pytorchFormat, shardedPytorchFormat } from '../../../models/checkpoints/pytorch.js';
import type { CheckpointFormat } from '../../../models/checkpoints/source.js';
import { fixtureUrl } from '../../fixture-url.js';
import {
  call,
  dict,
  global,
  int,
  legacyFile,
  list,
  long,
  none,
  numpyArray,
  op,
  pickle,
  raw,
  text,
  type TorchTensor,
  torchTensor,
  tuple,
  yes,
} from '../../fixtures/pickle.js';
import { zip } from '../../fixtures/zip.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-pickled-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(format: CheckpointFormat, bytes: Uint8Array, name = 'x') {
  const file = path.join(folder, 'weights');
  await writeFile(file, bytes);
  const source = await format.open(file);
  try {
    const { data, shape } = await source.read(name);
    return { names: [...source.tensors.keys()], shape, data: Array.from(data) };
  } finally {
    await source.close();
  }
}

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const six = floats(1, 2, 3, 4, 5, 6);
const ints = (...values: number[]) => values.map(int);
const plain: TorchTensor = { shape: ints(2, 3), strides: ints(3, 1) };
const legacy = (tensor: TorchTensor, data = six, count = 6n) =>
  legacyFile(dict({ x: torchTensor(tensor) }), { '0': data }, [count]);

describe('PyTorch before 1.6', () => {
  test('a tensor, and what else stands beside it', async () => {
    const state = dict({ version: int(3), x: torchTensor(plain) });
    expect(await read(pytorchFormat, legacyFile(state, { '0': six }, [6n]))).toEqual({
      names: ['x'],
      shape: [2, 3],
      data: [1, 2, 3, 4, 5, 6],
    });
  });

  test('a state dict within a checkpoint, and a parameter around a tensor', async () => {
    const parameter = call(global('torch._utils', '_rebuild_parameter'), torchTensor(plain), yes);
    const whole = dict({ epoch: int(3), state_dict: dict({ x: parameter }) });
    expect((await read(pytorchFormat, legacyFile(whole, { '0': six }, [6n]))).data).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  test('a parameter that holds itself is passed over', async () => {
    const itself = Buffer.concat([
      op(']', 'q', 0, '0'),
      global('torch._utils', '_rebuild_parameter'),
      op('h', 0, 'R', 'q', 1, 'h', 0, 'h', 1, 'a', '0'),
    ]);
    const state = dict({ circle: itself, x: torchTensor(plain) });
    expect((await read(pytorchFormat, legacyFile(state, { '0': six }, [6n]))).names).toEqual(['x']);
  });

  test('views: transposed, and of a part', async () => {
    const transposed = legacy({ shape: ints(3, 2), strides: ints(1, 3) });
    expect((await read(pytorchFormat, transposed)).data).toEqual([1, 4, 2, 5, 3, 6]);
    const part = legacy({ offset: int(1), shape: ints(2, 2), strides: ints(3, 1) });
    expect((await read(pytorchFormat, part)).data).toEqual([2, 3, 5, 6]);
  });

  test('other widths of float', async () => {
    const halves = Buffer.from(Uint16Array.from([0x3c00, 0xc100]).buffer);
    const vector = { elements: int(2), shape: ints(2), strides: ints(1) };
    expect((await read(pytorchFormat, legacy({ ...vector, type: 'Half' }, halves, 2n))).data).toEqual([
      1, -2.5,
    ]);
    const brains = Buffer.from(Uint16Array.from([0x3f80, 0xc020]).buffer);
    expect((await read(pytorchFormat, legacy({ ...vector, type: 'BFloat16' }, brains, 2n))).data).toEqual([
      1, -2.5,
    ]);
    const doubles = Buffer.from(Float64Array.from([1, -2.5]).buffer);
    expect((await read(pytorchFormat, legacy({ ...vector, type: 'Double' }, doubles, 2n))).data).toEqual([
      1, -2.5,
    ]);
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['another number first', pickle(int(7))],
    ['a view past the storage', legacy({ shape: ints(3, 3), strides: ints(3, 1) })],
    ['an offset past the storage', legacy({ ...plain, offset: int(1) })],
    ['strides that reach past the storage', legacy({ shape: ints(2, 2), strides: ints(1000, 1) })],
    ['a size that strides of 0 repeat', legacy({ shape: ints(2 ** 30), strides: ints(0) })],
    [
      'a storage that claims more than the file holds',
      legacy({ ...plain, elements: long(2n ** 60n) }, six, 2n ** 60n),
    ],
    ['a storage of a negative count', legacy(plain, six, -1n)],
    ['a storage that no tensor uses', legacyFile(dict({}), { '0': six }, [6n])],
    ['a storage that is a view of another', legacy({ ...plain, view: [tuple(text('1'), int(0), int(6))] })],
    ['integers', legacy({ ...plain, type: 'Int' })],
    ['a size that is negative', legacy({ shape: ints(-2, 3), strides: ints(3, 1) })],
    [
      'another byte order',
      Buffer.concat([pickle(long(0x1950a86a20f9469cfc6cn)), pickle(int(1001)), pickle(dict({}))]),
    ],
    ['a state dict that is none', legacyFile(list(), {}, [])],
  ])('%s is malformed', async (_, bytes) => {
    await expect(read(pytorchFormat, bytes)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  });
});

describe('a pickle that wants to run something is refused by its name:', () => {
  const system = (module: string, name: string) => call(global(module, name), text('touch /tmp/owned'));
  test.each<[string, Buffer]>([
    ['os.system', pickle(dict({ x: system('os', 'system') }))],
    ['nt.system', pickle(system('nt', 'system'))],
    [
      'builtins.eval',
      pickle(Buffer.concat([text('builtins'), text('eval'), op(0x93), tuple(text('1')), op('R')])),
    ],
    ['copyreg._reconstructor', pickle(global('copyreg', '_reconstructor'))],
    ['torch.load', pickle(global('torch', 'load'))],
    ['the pickle instruction 0x81', pickle(Buffer.concat([none, tuple(), op(0x81)]))],
    ['the pickle instruction 0x69', pickle(Buffer.concat([op('('), text('id'), op('i', 'os\nsystem\n')]))],
    ['the pickle instruction 0x82', pickle(op(0x82, 1))],
  ])('%s', async (name, bytes) => {
    for (const format of [paddleFormat, pytorchFormat]) {
      await expect(read(format, bytes)).rejects.toMatchObject({
        code: 'checkpoint_refused',
        message: expect.stringContaining(name),
      });
    }
  });
});

describe('a pickle that does not hold together is malformed:', () => {
  const length = (code: number, bytes: number) =>
    Buffer.concat([op(code), Buffer.from(BigUint64Array.from([2n ** 60n]).buffer).subarray(0, bytes)]);
  test.each<[string, Buffer]>([
    ['it takes from an empty stack', pickle(op('0'))],
    ['it ends with nothing', pickle()],
    ['no mark', pickle(op('t'))],
    ['it recalls what it never kept', pickle(op('h', 9))],
    ['a memo of a name', pickle(op('g', 'one\n'))],
    ['it appends to no list', pickle(Buffer.concat([none, none, op('a')]))],
    ['it sets items of no dict', pickle(Buffer.concat([list(), text('a'), none, op('s')]))],
    ['it calls no function', pickle(Buffer.concat([text('f'), tuple(), op('R')]))],
    ['it restores no object', pickle(Buffer.concat([none, none, op('b')]))],
    ['a class named by no text', pickle(Buffer.concat([none, none, op(0x93)]))],
    ['bytes of 2^60', pickle(length(0x8e, 8))],
    ['text of 2^60', pickle(length(0x8d, 8))],
    ['a number of 2^31 bytes', pickle(op(0x8b, 0, 0, 0, 0x80))],
    ['a number that is none', pickle(op('I', 'x\n'))],
    ['a float that is none', pickle(op('F', 'x\n'))],
    ['a line without an end', op(0x80, 2, 'c', 'torch')],
    ['no end', op(0x80, 2, 'N')],
    ['marks without an end', Buffer.alloc(100_000, '(')],
    ['more instructions than any checkpoint needs', Buffer.alloc(4_100_000, 'N0')],
    ['more dicts than any checkpoint needs', Buffer.alloc(500_001, '}')],
    ['more tuples than any checkpoint needs', Buffer.alloc(500_001, ')')],
    ['a list that holds itself', pickle(op(']', 'q', 0, 'h', 0, 'a'))],
  ])('%s', async (_, bytes) => {
    await expect(read(paddleFormat, bytes)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  });
});

test('a file of many short lines is read piece by piece, not anew for each', async () => {
  const bytes = Buffer.concat([Buffer.alloc(400_000, 'I01\n0'), Buffer.from('N.')]);
  let taken = 0;
  const file = {
    path: 'lines',
    bytes: bytes.length,
    read: (offset: number, length: number) => {
      taken += length;
      return Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length)));
    },
    close: () => Promise.resolve(),
  };
  expect((await readPickle({ file, from: 0, to: bytes.length }, new Set())).value).toBeNull();
  expect(taken).toBeLessThan(2 * bytes.length);
});

describe('Paddle', () => {
  test('an array, and the pair of a name and an array', async () => {
    const array = numpyArray(raw(six), [2, 3]);
    expect(
      await read(
        paddleFormat,
        pickle(dict({ x: array, 'StructuredToParameterName@@': dict({ x: text('w_0') }) })),
      ),
    ).toEqual({
      names: ['x'],
      shape: [2, 3],
      data: [1, 2, 3, 4, 5, 6],
    });
    const pair = call(global('__builtin__', 'tuple'), tuple(text('w_0'), array));
    expect((await read(paddleFormat, pickle(dict({ x: pair })))).data).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('columns first, bytes as text, and bfloat16', async () => {
    const columns = numpyArray(raw(six), [2, 3], { fortran: yes });
    expect((await read(paddleFormat, pickle(dict({ x: columns })))).data).toEqual([1, 3, 5, 2, 4, 6]);
    const encoded = call(global('_codecs', 'encode'), text(six.toString('latin1')), text('latin1'));
    expect((await read(paddleFormat, pickle(dict({ x: numpyArray(encoded, [6]) })))).data).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    const many = Float32Array.from({ length: 3000 }, (_, index) => index / 7);
    const long = call(
      global('_codecs', 'encode'),
      text(Buffer.from(many.buffer).toString('latin1')),
      text('latin1'),
    );
    expect((await read(paddleFormat, pickle(dict({ x: numpyArray(long, [3000]) })))).data).toEqual(
      Array.from(many),
    );
    const brains = raw(Buffer.from(Uint16Array.from([0x3f80, 0xc020]).buffer));
    expect(
      (await read(paddleFormat, pickle(dict({ x: numpyArray(brains, [2], { dtype: 'u2' }) })))).data,
    ).toEqual([1, -2.5]);
  });

  test('an array of what is not read is listed, and named where it is asked for', async () => {
    for (const [order, dtype] of [
      ['>', 'f4'],
      ['<', 'c8'],
    ] as const) {
      const bytes = pickle(dict({ x: numpyArray(raw(six), [6], { order, dtype }) }));
      const file = path.join(folder, 'unread');
      await writeFile(file, bytes);
      const source = await paddleFormat.open(file);
      expect(source.tensors.get('x')).toMatchObject({ dtype: `${order}${dtype}`, shape: [6] });
      await source.close();
      await expect(read(paddleFormat, bytes)).rejects.toMatchObject({
        message: expect.stringContaining(`x is of ${order}${dtype}`),
      });
    }
  });

  test.each<[string, Buffer]>([
    ['no dict', pickle(list())],
    ['a shape that the data do not fit', pickle(dict({ x: numpyArray(raw(six), [7]) }))],
    ['a shape that the file cannot hold', pickle(dict({ x: numpyArray(raw(six), [2 ** 20, 2 ** 20]) }))],
    ['a shape that is negative', pickle(dict({ x: numpyArray(raw(six), [-6]) }))],
    ['numbers of the other byte order', pickle(dict({ x: numpyArray(raw(six), [6], { order: '>' }) }))],
    ['a width that is unknown', pickle(dict({ x: numpyArray(raw(six), [6], { dtype: 'f3' }) }))],
    ['integers', pickle(dict({ x: numpyArray(raw(six), [6], { dtype: 'i4' }) }))],
  ])('%s is malformed', async (_, bytes) => {
    await expect(read(paddleFormat, bytes)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  });

  test('its file is model_state.pdparams, or the only one of its kind', () => {
    expect(paddleFormat.find(['a.pdparams', 'model_state.pdparams'])).toBe('model_state.pdparams');
    expect(paddleFormat.find(['ernie_v1_chn_base.pdparams', 'vocab.txt'])).toBe('ernie_v1_chn_base.pdparams');
    expect(paddleFormat.find(['a.pdparams', 'b.pdparams'])).toBeNull();
  });
});

describe("PyTorch's zip", () => {
  const state = pickle(dict({ x: torchTensor(plain) }));
  const archive = (files: Readonly<Record<string, Buffer>>, deflated = false) =>
    zip(new Map(Object.entries(files)), { deflated });
  const good = { 'm/data.pkl': state, 'm/byteorder': Buffer.from('little'), 'm/data/0': six };

  test('a tensor', async () => {
    expect((await read(pytorchFormat, archive(good))).data).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each<[string, Buffer, RegExp]>([
    ['a path out of the archive', archive({ ...good, '../evil': six }), /\.\.\/evil/],
    ['an absolute path', archive({ ...good, '/etc/evil': six }), /etc\/evil/],
    ['compressed entries', archive(good, true), /compressed/],
    ['no pickle', archive({ 'm/data/0': six }), /data\.pkl/],
    ['no storage', archive({ 'm/data.pkl': state }), /storage of x/],
    ['a short storage', archive({ ...good, 'm/data/0': six.subarray(4) }), /storage of x/],
    ['big-endian numbers', archive({ ...good, 'm/byteorder': Buffer.from('big') }), /little-endian/],
    ['half of a file', archive(good).subarray(0, 200), /./],
  ])('%s is malformed', async (_, bytes, reason) => {
    await expect(read(pytorchFormat, bytes)).rejects.toMatchObject({
      code: 'checkpoint_malformed',
      message: expect.stringMatching(reason),
    });
  });

  test('shards by an index, which may not leave its folder', async () => {
    await writeFile(path.join(folder, 'a.bin'), archive(good));
    const index = path.join(folder, 'pytorch_model.bin.index.json');
    await writeFile(index, JSON.stringify({ weight_map: { x: 'a.bin' } }));
    const source = await shardedPytorchFormat.open(index);
    expect(Array.from((await source.read('x')).data)).toEqual([1, 2, 3, 4, 5, 6]);
    await source.close();
    await writeFile(index, JSON.stringify({ weight_map: { x: '../a.bin' } }));
    await expect(shardedPytorchFormat.open(index)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  });
});

test.each(['ernie-relu-bin/pytorch_model.bin', 'paddle-ernie-relu/model_state.pdparams'])(
  '%s, cut off anywhere, is malformed or refused',
  async (name) => {
    const whole = await readFile(fileURLToPath(fixtureUrl(`checkpoints/${name}`)));
    const format = name.endsWith('.bin') ? pytorchFormat : paddleFormat;
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const bytes = whole.subarray(0, Math.floor((whole.length * tenth) / 10));
      await expect(read(format, bytes)).rejects.toMatchObject({
        code: expect.stringMatching(/^checkpoint_(malformed|refused)$/),
      });
    }
  },
);
