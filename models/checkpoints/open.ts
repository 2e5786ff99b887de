/** A checkpoint's folder of the BERT and ERNIE family: its configuration, and its parameters under the encoder's names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../../core/errors.js';
import { float32, type Tensor, type TensorOf } from '../../core/tensor.js';
import type { EncoderConfig } from '../encoder-config.js';
import { type EncoderPreset, encoderPresets } from '../encoder-presets.js';
import { ernie } from '../ernie.js';
import type { ParameterSpec } from '../network.js';
import { readEncoderConfig } from './config.js';
import { type Place, placesOf, styleNames } from './names.js';
import { paddleFormat } from './paddle.js';
import { pytorchFormat, shardedPytorchFormat } from './pytorch.js';
import { safetensorsFormat, shardedSafetensorsFormat } from './safetensors-file.js';
import type { CheckpointFormat, CheckpointSource, StoredTensor } from './source.js';

/** In the order in which a folder is searched: what cannot run code comes first. */
const formats: readonly CheckpointFormat[] = [
  safetensorsFormat,
  shardedSafetensorsFormat,
  pytorchFormat,
  shardedPytorchFormat,
  paddleFormat,
];

export interface Mapping {
  /** In the file. */
  readonly stored: string;
  readonly tensor: StoredTensor;
  /** Null where the encoder has no place for it. */
  readonly place: Place | null;
}

export interface Checkpoint {
  readonly config: EncoderConfig;
  readonly format: string;
  /** The weights file, or the index of its shards. */
  readonly file: string;
  readonly mappings: readonly Mapping[];
  /** Of the pooler and the classifier, which a pretrained encoder may lack: training draws them. */
  readonly missing: readonly string[];
  /**
   * Reads one tensor after another, each turned as the encoder has it.
   * @throws RetortError checkpoint_malformed, checkpoint_not_finite
   */
  readParameters(): Promise<Map<string, Tensor>>;
  /** Of the weights file, or of the index and its shards after one another. */
  sha256(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Reads what the folder says of itself; the weights only when they are asked for.
 * @param preset the shape of a folder without a configuration
 * @throws RetortError checkpoint_missing, checkpoint_weights_missing, checkpoint_config_missing,
 * checkpoint_config_invalid, checkpoint_names_unknown, checkpoint_names_repeated, checkpoint_parameters_missing,
 * checkpoint_shape_wrong, and the format's own
 */
export async function openCheckpoint(
  folder: string,
  preset: EncoderPreset | null = null,
): Promise<Checkpoint> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fail('checkpoint_missing', { path: folder }, error);
  });
  const found = formats.flatMap((format) => {
    const name = format.find(names);
    return name === null ? [] : [{ format, file: path.join(folder, name) }];
  })[0];
  if (found === undefined) {
    const known = formats.map(({ name }) => name).join(', ');
    throw fail('checkpoint_weights_missing', { path: folder, known });
  }
  const source = await found.format.open(found.file);
  try {
    return await mapped({ folder, preset, format: found.format.name, file: found.file, source });
  } catch (error) {
    await source.close();
    throw error;
  }
}

interface Found {
  readonly folder: string;
  readonly preset: EncoderPreset | null;
  readonly format: string;
  readonly file: string;
  readonly source: CheckpointSource;
}

async function mapped({ folder, preset, format, file, source }: Found): Promise<Checkpoint> {
  const names = [...source.tensors.keys()];
  const places = placesOf(names);
  if (places === null) {
    const known = styleNames.join(', ');
    throw fail('checkpoint_names_unknown', {
      path: file,
      known,
      names: shortened(names) || 'there are none',
    });
  }
  const mappings = Array.from(source.tensors, ([stored, tensor]): Mapping => {
    return { stored, tensor, place: places.of.get(stored) ?? null };
  });
  const classifier = mappings.find(({ place }) => place?.name === 'classifier.bias');
  const classes = classifier?.tensor.shape[0] ?? null;
  const config: EncoderConfig =
    preset === null
      ? await readEncoderConfig(folder, { classes, layerNormEpsilon: places.layerNormEpsilon })
      : { ...encoderPresets[preset], classes: classes ?? 2 };
  const specs = new Map(ernie.parameters(config).map((spec) => [spec.name, spec]));
  const used = mappings.map((mapping) =>
    specs.has(mapping.place?.name ?? '') ? mapping : { ...mapping, place: null },
  );
  for (const mapping of used) checkShape(file, mapping, specs);
  checkPlaces(file, used);
  const missing = missingFrom(file, used, specs);
  return {
    config,
    format,
    file,
    mappings: used,
    missing,
    async readParameters() {
      const parameters = new Map<string, Tensor>();
      for (const { stored, place } of used) {
        if (place === null) continue;
        const value = await source.read(stored);
        if (!value.data.every(Number.isFinite))
          throw fail('checkpoint_not_finite', { path: file, name: stored });
        parameters.set(place.name, place.transposed ? transpose(value) : value);
      }
      return parameters;
    },
    async sha256() {
      const hash = createHash('sha256');
      for (const one of [file, ...(source.shards ?? [])])
        for await (const chunk of createReadStream(one)) hash.update(chunk as Uint8Array);
      return hash.digest('hex');
    },
    close: () => source.close(),
  };
}

function checkShape(
  file: string,
  { stored, tensor, place }: Mapping,
  specs: ReadonlyMap<string, ParameterSpec>,
): void {
  const spec = specs.get(place?.name ?? '');
  if (spec === undefined || place === null) return;
  const expected = place.transposed ? spec.shape.toReversed() : spec.shape;
  if (tensor.shape.length === expected.length && tensor.shape.every((size, axis) => size === expected[axis]))
    return;
  throw fail('checkpoint_shape_wrong', {
    path: file,
    name: stored,
    found: tensor.shape.join(', '),
    expected: expected.join(', '),
  });
}

/** Of two parameters for one place, nothing says which the network is to have. */
function checkPlaces(file: string, mappings: readonly Mapping[]): void {
  const taken = new Map<string, string>();
  for (const { stored, place } of mappings) {
    if (place === null) continue;
    const other = taken.get(place.name);
    if (other !== undefined)
      throw fail('checkpoint_names_repeated', {
        path: file,
        first: other,
        second: stored,
        place: place.name,
      });
    taken.set(place.name, stored);
  }
}

function missingFrom(
  file: string,
  mappings: readonly Mapping[],
  specs: ReadonlyMap<string, ParameterSpec>,
): string[] {
  const held = new Set(mappings.flatMap(({ place }) => (place === null ? [] : [place.name])));
  const missing = [...specs.keys()].filter((name) => !held.has(name));
  const needed = missing.filter((name) => !/^(pooler|classifier)\./.test(name));
  if (needed.length > 0) {
    throw fail('checkpoint_parameters_missing', {
      path: file,
      count: needed.length,
      names: shortened(needed),
    });
  }
  return missing;
}

function shortened(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '');
}

/** [rows, columns] -> [columns, rows] */
function transpose({ data, shape }: TensorOf<'float32'>): TensorOf<'float32'> {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return float32(turned, [columns, rows]);
}
