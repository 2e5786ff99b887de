/** An encoder without the attention heads that matter least: their columns and rows are cut out of its matrices. */
import { fail } from '../../core/errors.js';
import { sum } from '../../core/statistics.js';
import { float32, sizeOf, type Tensor } from '../../core/tensor.js';
import { encoderConfigSchema } from '../../models/encoder-config.js';
import { headSites } from '../../models/head-sites.js';
import { networkOf } from '../../models/networks.js';
import type { ExportSource } from '../sources/source.js';

/** How many heads to remove: so many, or a share of all. */
export type Removal =
  { readonly kind: 'count'; readonly count: number } | { readonly kind: 'share'; readonly share: number };

export interface PrunedHeads {
  readonly source: ExportSource;
  readonly heads: { readonly before: number; readonly after: number };
  /** Of each layer, afterwards. */
  readonly layers: readonly number[];
  readonly parameters: { readonly before: number; readonly after: number };
}

/**
 * Heads to keep, by layer, in their order. The least important of all layers go first, as long as their layer keeps
 * another one. A layer's importances are compared with those of others relative to their Euclidean norm: Molchanov et
 * al., Pruning Convolutional Neural Networks for Resource Efficient Inference, 2017, section 2.2.
 * @param importance by layer and head
 * @throws RetortError prune_heads_too_many
 */
export function headsToKeep(importance: readonly (readonly number[])[], removal: Removal): number[][] {
  const total = importance.reduce((sum, { length }) => sum + length, 0);
  const wanted = removal.kind === 'count' ? removal.count : Math.round(removal.share * total);
  const most = total - importance.length;
  if (wanted > most) throw fail('prune_heads_too_many', { wanted, total, layers: importance.length, most });
  const ranked = importance
    .flatMap((row, layer) => {
      const norm = Math.hypot(...row);
      return row.map((value, head) => ({ layer, head, value: norm === 0 ? 0 : value / norm }));
    })
    .sort((a, b) => a.value - b.value || a.layer - b.layer || a.head - b.head);
  const kept = importance.map(({ length }) => new Set(Array.from({ length }, (_, head) => head)));
  let left = wanted;
  for (const { layer, head } of ranked) {
    const heads = kept[layer];
    if (left === 0) break;
    if (heads === undefined || heads.size === 1) continue;
    heads.delete(head);
    left -= 1;
  }
  return kept.map((heads) => [...heads]);
}

/**
 * @param kept by layer
 * @throws RetortError prune_heads_unknown where the network has no attention
 */
export function pruneHeads(source: ExportSource, kept: readonly (readonly number[])[]): PrunedHeads {
  const { kind } = source.network;
  const sites = headSites(networkOf(kind, source.network.config));
  const config = encoderConfigSchema.safeParse(source.network.config).data;
  if (sites.length === 0 || config === undefined) throw fail('prune_heads_unknown', { kind });
  const width = config.hidden / config.heads;
  const parameters = new Map(source.parameters);
  sites.forEach(({ name }, layer) => {
    const attention = name.replace(/\.probabilities$/, '');
    const heads = kept[layer] ?? [];
    for (const part of ['query', 'key', 'value'])
      for (const what of ['weight', 'bias'])
        cut(parameters, `${attention}.${part}.${what}`, heads, width, 'columns');
    cut(parameters, `${attention}.output.weight`, heads, width, 'rows');
  });
  const layers = kept.map(({ length }) => length);
  const network = { kind, config: { ...source.network.config, layerHeads: layers } };
  const size = (tensors: ReadonlyMap<string, Tensor>) =>
    sum(Array.from(tensors.values(), ({ shape }) => sizeOf(shape)));
  return {
    // What was measured of all heads is not true of fewer.
    source: { ...source, network, parameters, accuracy: [], calibration: null, agreement: undefined },
    heads: { before: sum(sites.map(({ heads }) => heads)), after: sum(layers) },
    layers,
    parameters: { before: size(source.parameters), after: size(parameters) },
  };
}

function cut(
  parameters: Map<string, Tensor>,
  name: string,
  heads: readonly number[],
  width: number,
  axis: 'rows' | 'columns',
): void {
  const tensor = parameters.get(name);
  if (tensor?.dtype !== 'float32') throw new RangeError(`the parameter ${name} is not there in float32`);
  const columns = tensor.shape.at(-1) ?? 0;
  const rows = tensor.data.length / columns;
  const places = heads.flatMap((head) => Array.from({ length: width }, (_, place) => head * width + place));
  const all = (length: number) => Array.from({ length }, (_, place) => place);
  const [keptRows, keptColumns] = axis === 'rows' ? [places, all(columns)] : [all(rows), places];
  const data = new Float32Array(keptRows.length * keptColumns.length);
  keptRows.forEach((row, to) => {
    keptColumns.forEach((column, place) => {
      data[to * keptColumns.length + place] = tensor.data[row * columns + column] ?? 0;
    });
  });
  parameters.set(
    name,
    float32(data, tensor.shape.length === 1 ? [data.length] : [keptRows.length, keptColumns.length]),
  );
}
