/**
 * Adversarial training: a step learns from its texts twice, the second time with their word vectors moved to where the
 * loss rises most,
 *   x' = x + size |x| g / |g|
 * where x is all of a text's word vectors side by side and g the loss's gradient by them.
 * Source: Miyato, Dai and Goodfellow, Adversarial Training Methods for Semi-Supervised Text Classification, 2017,
 * section 3. They bring the vectors to unit variance and give the length of the move itself; here it is a share of x's.
 */
import { fail } from '../core/errors.js';
import type { Dimension, Graph, Node, ValueType } from '../core/graph/ir.js';
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import { type StepSizes, sizeIn } from './step-sizes.js';

/** Where a graph takes a move: an input that is added to what it gathers from a table. */
export interface PerturbationSite {
  /** Of the input; the gradient by it is that by the gathered rows. */
  readonly name: string;
  readonly table: string;
  /** With the symbol `batch_size` for the texts. */
  readonly shape: readonly Dimension[];
}

/** What hands ids on as they are. */
const forwarding: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Transpose']);

/** The graph with a site at every gather of the texts' words from a table. @throws RetortError gradient_shape_unknown */
export function withPerturbations(
  graph: Graph,
  tables: ReadonlySet<string>,
): { readonly graph: Graph; readonly sites: readonly PerturbationSite[] } {
  const sites: PerturbationSite[] = [];
  const types = new Map(graph.types);
  const words = new Set(['input_ids']);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const [read = '', indices = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (forwarding.has(node.opType) && words.has(read)) words.add(output);
    if (node.opType !== 'Gather' || !tables.has(read) || !words.has(indices)) return [node];
    const type: ValueType | undefined = graph.types.get(output);
    if (type?.shape == null) throw fail('gradient_shape_unknown', { value: output });
    const name = `perturbation.${output}`;
    const gathered = `${output}.gathered`;
    sites.push({ name, table: read, shape: type.shape });
    types.set(name, type).set(gathered, type);
    const add = { domain: '', opType: 'Add', attributes: {} };
    return [
      { ...node, outputs: [gathered] },
      { ...add, name: `${node.name}.perturbed`, inputs: [gathered, name], outputs: [output] },
    ];
  });
  return {
    graph: { ...graph, inputs: [...graph.inputs, ...sites.map(({ name }) => name)], nodes, types },
    sites,
  };
}

/** No move, for texts of these sizes. */
export function noPerturbation({ shape }: PerturbationSite, sizes: StepSizes): Tensor {
  const dimensions = shape.map((dimension) => sizeIn(sizes, dimension));
  return tensor('float32', new Float32Array(sizeOf(dimensions)), dimensions);
}

/**
 * The move of its length along which the loss rises most, to first order.
 * @param gradient of the shape of the site
 * @param lengths the Euclidean length of each text's vectors
 * @param size the move's length as a share of theirs
 */
export function perturbation(
  { name, shape }: PerturbationSite,
  gradient: Tensor,
  lengths: readonly number[],
  size: number,
): Tensor {
  if (gradient.dtype !== 'float32') throw new RangeError(`the gradient by ${name} is not float32`);
  const axis = shape.indexOf('batch_size');
  const texts = gradient.shape[axis];
  if (texts === undefined) throw new RangeError(`${name} has no axis of texts`);
  /** Values side by side that belong to one text. */
  const run = sizeOf(gradient.shape.slice(axis + 1));
  const { data } = gradient;
  const squares = new Float64Array(texts);
  for (let from = 0; from < data.length; from += run) {
    const text = (from / run) % texts;
    let sum = 0;
    for (let at = from; at < from + run; at += 1) sum += (data[at] ?? 0) ** 2;
    squares[text] = (squares[text] ?? 0) + sum;
  }
  const factors = squares.map((sum, text) =>
    sum === 0 ? 0 : (size * (lengths[text] ?? 0)) / Math.sqrt(sum),
  );
  const moved = new Float32Array(data.length);
  for (let from = 0; from < data.length; from += run) {
    const factor = factors[(from / run) % texts] ?? 0;
    for (let at = from; at < from + run; at += 1) moved[at] = factor * (data[at] ?? 0);
  }
  return tensor('float32', moved, gradient.shape);
}

/** The Euclidean length of a text's word vectors, all of them side by side. @param table [rows, width] */
export function vectorsLength(ids: readonly number[], table: Float32Array, width: number): number {
  let sum = 0;
  for (const id of ids)
    for (let at = id * width; at < (id + 1) * width; at += 1) sum += (table[at] ?? 0) ** 2;
  return Math.sqrt(sum);
}
