/** Checkpoint folders: goldens of the libraries that wrote them, and folders that are not what they say. */
import { cp, mkdtemp, readFile, rename as moveFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { float32, type Tensor } from '../../../core/tensor.js';
import { openCheckpoint } from '../../../models/checkpoints/open.js';
import { encodeSafetensors, decodeSafetensors } from '../../../models/checkpoints/safetensors.js';
import { verifyCheckpoint } from '../../../models/checkpoints/verify.js';
import { fixtureUrl } from '../../fixture-url.js';

const fixtures = fileURLToPath(fixtureUrl('checkpoints'));
const bert = path.join(fixtures, 'bert-gelu-fp32');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-checkpoint-'));
  await cp(bert, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const weights = () => path.join(folder, 'model.safetensors');

/** Writes the weights again, changed. */
async function rewrite(change: (tensors: Map<string, Tensor>) => void): Promise<void> {
  const { tensors } = decodeSafetensors(await readFile(weights()), weights());
  const changed = new Map(tensors);
  change(changed);
  await writeFile(weights(), Buffer.concat(encodeSafetensors({ tensors: changed, metadata: {} })));
}

async function rename(change: (name: string) => string): Promise<void> {
  await rewrite((tensors) => {
    const entries = [...tensors];
    tensors.clear();
    for (const [name, tensor] of entries) tensors.set(change(name), tensor);
  });
}

async function reconfigure(change: Record<string, unknown>): Promise<void> {
  const file = path.join(folder, 'config.json');
  const config: unknown = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...(config as object), ...change }));
}

async function difference(place = folder): Promise<number> {
  const checkpoint = await openCheckpoint(place);
  try {
    return (await verifyCheckpoint(checkpoint, path.join(place, 'golden.json'))).difference;
  } finally {
    await checkpoint.close();
  }
}

async function load(): Promise<Map<string, Tensor>> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await checkpoint.readParameters();
  } finally {
    await checkpoint.close();
  }
}

test.each(['bert-gelu-fp32', 'ernie-task-ids-safetensors', 'ernie-relu-bin', 'paddle-ernie-relu'])(
  '%s gives its golden logits',
  async (name) => {
    expect(await difference(path.join(fixtures, name))).toBeLessThanOrEqual(1e-6);
  },
);

describe('names', () => {
  test.each([
    ['of an encoder without a prefix', (name: string) => name.replace(/^bert\./, '')],
    ['of another family', (name: string) => name.replace(/^bert\./, 'roberta.')],
    ['of training in parallel', (name: string) => `module.model.${name}`],
    [
      'with gamma and beta',
      (name: string) =>
        name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    ],
  ])('%s are understood', async (_what, change) => {
    await rename(change);
    expect(await difference()).toBeLessThanOrEqual(1e-6);
  });

  test('that are not of an encoder are refused', async () => {
    await rename((name) => name.replace('encoder.layer', 'decoder.block'));
    await expect(load()).rejects.toMatchObject({
      code: 'checkpoint_names_unknown',
      message: expect.stringMatching(/: (bert|classifier)\.\S+, /),
    });
  });
});

describe('of two parameters for one place', () => {
  const heads = ['weight', 'bias'] as const;

  test("RoBERTa's pooler is left over beside the classifier's dense layer, also where it stands last", async () => {
    await rename((name) =>
      name.replace(/^bert\./, 'roberta.').replace(/^classifier\./, 'classifier.out_proj.'),
    );
    await rewrite((tensors) => {
      for (const part of heads) {
        const unused = `roberta.pooler.dense.${part}`;
        const tensor = tensors.get(unused);
        if (tensor?.dtype !== 'float32') throw new Error(`${unused} is not there`);
        tensors.set(`classifier.dense.${part}`, tensor);
        tensors.delete(unused);
        tensors.set(unused, float32(new Float32Array(tensor.data.length).fill(3), tensor.shape));
      }
    });
    expect(await difference()).toBeLessThanOrEqual(1e-6);
    const checkpoint = await openCheckpoint(folder);
    await checkpoint.close();
    expect(checkpoint.mappings.flatMap(({ stored, place }) => (place === null ? [stored] : []))).toEqual(
      expect.arrayContaining(heads.map((part) => `roberta.pooler.dense.${part}`)),
    );
  });

  test('neither is taken where nothing says which', async () => {
    await rewrite((tensors) => {
      tensors.set('pooler.dense.bias', tensors.get('bert.pooler.dense.bias')!);
    });
    await expect(load()).rejects.toMatchObject({
      code: 'checkpoint_names_repeated',
      message: expect.stringMatching(/bert\.pooler\.dense\.bias/),
    });
  });
});

test('the digest of a checkpoint in shards is of them all', async () => {
  const file = weights();
  const names = [...decodeSafetensors(await readFile(file), file).tensors.keys()];
  const shard = 'model-1.safetensors';
  await moveFile(file, path.join(folder, shard));
  const map = Object.fromEntries(names.map((name) => [name, shard]));
  await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  const digest = async () => {
    const checkpoint = await openCheckpoint(folder);
    return checkpoint.sha256().finally(() => checkpoint.close());
  };
  const before = await digest();
  const bytes = await readFile(path.join(folder, shard));
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path.join(folder, shard), bytes);
  expect(await digest()).not.toBe(before);
});

test('a pooler and a classifier may be missing, and what has no place is left over', async () => {
  await rewrite((tensors) => {
    for (const name of [...tensors.keys()]) if (/pooler|classifier/.test(name)) tensors.delete(name);
    tensors.set('cls.predictions.bias', float32([1, 2]));
  });
  const checkpoint = await openCheckpoint(folder);
  await checkpoint.close();
  expect(checkpoint.missing).toEqual([
    'pooler.weight',
    'pooler.bias',
    'classifier.weight',
    'classifier.bias',
  ]);
  expect(checkpoint.mappings.filter(({ place }) => place === null).map(({ stored }) => stored)).toEqual([
    'cls.predictions.bias',
  ]);
});

test('any other parameter that is missing is named', async () => {
  await rewrite((tensors) => {
    for (const name of [...tensors.keys()]) if (name.includes('layer.1.output')) tensors.delete(name);
  });
  await expect(load()).rejects.toMatchObject({
    code: 'checkpoint_parameters_missing',
    message: expect.stringContaining('layers.1.feed_forward.outer.weight'),
  });
});

test('a wrong shape is an error that names both', async () => {
  await reconfigure({ intermediate_size: 100 });
  await expect(load()).rejects.toMatchObject({
    code: 'checkpoint_shape_wrong',
    message: expect.stringMatching(/\[96\b.*\[100\b/),
  });
});

test('a value that is not a number is refused', async () => {
  await rewrite((tensors) => {
    const [name, tensor] = [...tensors][3]!;
    tensors.set(name, float32(new Array<number>(tensor.data.length).fill(Number.NaN), tensor.shape));
  });
  await expect(load()).rejects.toMatchObject({ code: 'checkpoint_not_finite' });
});

describe('a configuration', () => {
  test.each([
    ['without a field', { hidden_size: undefined }, /hidden_size/],
    ['with another activation', { hidden_act: 'silu' }, /hidden_act/],
    ['with relative positions', { position_embedding_type: 'relative_key' }, /absolute/],
    ['whose heads do not divide its hidden size', { num_attention_heads: 7 }, /multiple of heads/],
  ])('%s is refused', async (_what, change, message) => {
    await reconfigure(change);
    await expect(load()).rejects.toMatchObject({
      code: 'checkpoint_config_invalid',
      message: expect.stringMatching(message),
    });
  });

  test('that is not there is asked for, or replaced by a preset', async () => {
    await rm(path.join(folder, 'config.json'));
    await expect(load()).rejects.toMatchObject({ code: 'checkpoint_config_missing' });
    await expect(openCheckpoint(folder, 'ernie-1.0')).rejects.toMatchObject({
      code: 'checkpoint_shape_wrong',
    });
  });

  test('of RoBERTa counts positions from behind the padding id', async () => {
    await reconfigure({ model_type: 'xlm-roberta', pad_token_id: 1 });
    const checkpoint = await openCheckpoint(folder);
    await checkpoint.close();
    expect(checkpoint.config).toMatchObject({ padId: 1, positionOffset: 2 });
  });
});

test('a folder without weights, and none at all', async () => {
  await rm(weights());
  await expect(load()).rejects.toMatchObject({ code: 'checkpoint_weights_missing' });
  await expect(openCheckpoint(path.join(folder, 'nowhere'))).rejects.toMatchObject({
    code: 'checkpoint_missing',
  });
});

test('golden logits must fit the encoder', async () => {
  const golden = path.join(folder, 'golden.json');
  const value = JSON.parse(await readFile(golden, 'utf8')) as Record<
    'input_ids' | 'attention_mask' | 'logits',
    number[][]
  >;
  for (const broken of [
    '{',
    '{}',
    JSON.stringify({ ...value, input_ids: value.input_ids.map((row) => row.with(0, 300)) }),
    JSON.stringify({ ...value, logits: value.logits.slice(0, 1) }),
    JSON.stringify({ ...value, logits: value.logits.map((row) => row.slice(0, 1)) }),
    JSON.stringify({ ...value, attention_mask: value.attention_mask.slice(1) }),
  ]) {
    await writeFile(golden, broken);
    await expect(difference()).rejects.toMatchObject({ code: 'golden_invalid' });
  }
});
