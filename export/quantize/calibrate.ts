/** What the left sides of products take on real inputs: the ranges that fixed activation scales are made of. */
import type { Session } from '../../core/engines/session.js';
import { encodeModel } from '../../core/graph/onnx.js';
import type { Model } from '../../core/graph/ir.js';
import type { Tensor } from '../../core/tensor.js';
import { GraphEditor } from '../optimize/editor.js';
import type { Ranges } from './activation.js';
import { productAt } from '../optimize/product.js';

/** The share of the most extreme values, at each end, that a range may cut off: they cost every other value precision. */
const cutShare = 1e-5;

/** @param feeds inputs of the model, run one after another */
export async function measureRanges(
  model: Model,
  feeds: readonly Readonly<Record<string, Tensor>>[],
  open: (bytes: Uint8Array) => Promise<Session>,
): Promise<Ranges> {
  const editor = new GraphEditor(model.graph);
  const names = new Set(
    editor.nodes().flatMap((node) => {
      if (node.opType === 'LSTM') return node.inputs.slice(0, 1);
      const product = productAt(editor, node);
      return product === null ? [] : [product.x];
    }),
  );
  const computed = [...names].filter((name) => !model.graph.inputs.includes(name));
  const outputs = [...new Set([...model.graph.outputs, ...computed])];
  const session = await open(encodeModel({ ...model, graph: { ...model.graph, outputs } }));
  const tails = new Map(Array.from(names, (name) => [name, new Tails()]));
  try {
    for (const feed of feeds) {
      const found = { ...feed, ...(await session.run(feed)) };
      for (const [name, tail] of tails) {
        const value = found[name];
        if (value?.dtype === 'float32') tail.add(value.data);
      }
    }
  } finally {
    await session.close();
  }
  return new Map(Array.from(tails, ([name, tail]) => [name, tail.range(cutShare)]));
}

/** The most extreme values at both ends, in memory that does not grow with what is added. */
class Tails {
  #low: Float32Array = new Float32Array();
  #high: Float32Array = new Float32Array();
  #count = 0;

  add(values: Float32Array): void {
    const isFull = this.#low.length === keptValues;
    const [below, above] = isFull ? [this.#low.at(-1) ?? 0, this.#high[0] ?? 0] : [Infinity, -Infinity];
    this.#low = merged(
      this.#low,
      values.filter((value) => value < below),
    ).slice(0, keptValues);
    this.#high = merged(
      this.#high,
      values.filter((value) => value > above),
    ).slice(-keptValues);
    this.#count += values.length;
  }

  range(share: number): readonly [number, number] {
    const cut = Math.min(Math.floor(this.#count * share), this.#low.length - 1);
    return [this.#low[cut] ?? 0, this.#high.at(-1 - cut) ?? 0];
  }
}

/** In rising order. */
function merged(sorted: Float32Array, more: Float32Array): Float32Array {
  return Float32Array.of(...sorted, ...(more.length > 4 * keptValues ? extremes(more) : more)).sort();
}

/** Of many values, the smallest and the largest. */
function extremes(values: Float32Array): Float32Array {
  const sorted = values.toSorted();
  return Float32Array.of(...sorted.subarray(0, keptValues), ...sorted.subarray(-keptValues));
}

const keptValues = 1024;
