/**
 * How much each attention head matters to the loss. A gate g multiplies what a head gives; at g = 1 the loss of a text
 * changes by about |dL/dg| when the head is taken away:
 *
 *   I_h = mean over texts of |dL/dg_h|
 *
 * Source: Michel, Levy and Neubig, Are Sixteen Heads Really Better than One?, 2019, section 4.1.
 */
import { openSession } from '../core/engines/session.js';
import { GraphBuilder } from '../core/graph/builder.js';
import { GraphOps } from '../core/graph/graph-ops.js';
import { encodeModel } from '../core/graph/onnx.js';
import { float32, type Tensor } from '../core/tensor.js';
import { headSites } from '../models/head-sites.js';
import type { BoundNetwork } from '../models/networks.js';
import { declareInputs } from '../models/static-graph.js';
import { differentiate } from './autodiff/differentiate.js';
import { batchInputs, type EncodedExample, sortedBatches } from './batching.js';
import { crossEntropy } from './losses.js';

/** Texts that are computed together. */
const batchSize = 8;

/** @returns by layer and head; no layers where the network has no heads */
export async function headImportance(
  network: BoundNetwork,
  parameters: ReadonlyMap<string, Tensor>,
  examples: readonly EncodedExample[],
): Promise<number[][]> {
  const sites = headSites(network);
  const sums = sites.map(({ heads }) => Array.from({ length: heads }, () => 0));
  if (sites.length === 0) return sums;
  const session = await openSession(encodeModel({ graph: gatedGraph(network, parameters) }));
  try {
    for (const places of sortedBatches(examples, batchSize)) {
      const rows = places.flatMap((place) => examples[place] ?? []);
      const classes = rows[0]?.targets.length ?? 0;
      const found = await session.run({
        ...batchInputs(rows),
        targets: float32(
          rows.flatMap(({ targets }) => targets),
          [rows.length, classes],
        ),
        ...Object.fromEntries(
          sites.map(({ name, heads }) => [
            name,
            float32(new Float32Array(rows.length * heads).fill(1), [rows.length, heads, 1, 1]),
          ]),
        ),
      });
      sites.forEach(({ name, heads }, layer) => {
        // The loss is the mean over the rows, of which each has gates of its own.
        found[`${name}.gradient`]?.data.forEach((value: number | bigint, at: number) => {
          const row = sums[layer];
          if (row !== undefined)
            row[at % heads] = (row[at % heads] ?? 0) + rows.length * Math.abs(Number(value));
        });
      });
    }
  } finally {
    await session.close();
  }
  return sums.map((row) => row.map((sum) => sum / examples.length));
}

/** The loss, and its gradient by the gates. */
function gatedGraph(network: BoundNetwork, parameters: ReadonlyMap<string, Tensor>) {
  const builder = new GraphBuilder(`${network.kind}_heads`);
  const ops = new GraphOps(builder);
  const bound = network.parameters.flatMap(({ name }) => {
    const tensor = parameters.get(name);
    return tensor === undefined ? [] : [[name, builder.initializer(name, tensor)] as const];
  });
  const sites = headSites(network);
  const gates = sites.map(
    ({ name, heads }) => [name, builder.input(name, 'float32', ['batch_size', heads, 1, 1])] as const,
  );
  const { logits } = network.forward(
    ops,
    Object.fromEntries(bound),
    declareInputs(builder, network.inputs),
    Object.fromEntries(gates),
  );
  const [port] = network.outputs;
  if (logits === undefined || port === undefined)
    throw new RangeError(`the network ${network.kind} gives no logits`);
  const targets = builder.input('targets', 'float32', port.shape);
  builder.output('loss', crossEntropy(ops, { logits, targets }));
  return differentiate(builder.build(), { loss: 'loss', parameters: sites }).graph;
}
