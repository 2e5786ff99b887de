/** Dynamic to static: a network's forward, interpreted over the graph IR. */
import { GraphBuilder, type GraphValue } from '../core/graph/builder.js';
import { GraphOps } from '../core/graph/graph-ops.js';
import type { Graph } from '../core/graph/ir.js';
import type { Tensor } from '../core/tensor.js';
import type { PortSpec } from './network.js';
import type { BoundNetwork } from './networks.js';

/**
 * The network's static graph, its inputs and outputs named as the network names them. Parameters are initializers
 * under their own names; with `'inputs'` they are graph inputs, for a caller that changes them between runs.
 */
export function staticGraph(
  network: BoundNetwork,
  parameters: ReadonlyMap<string, Tensor> | 'inputs',
): Graph {
  const builder = new GraphBuilder(network.kind);
  const bound = network.parameters.map(({ name, shape }): [string, GraphValue] => {
    if (parameters === 'inputs') return [name, builder.input(name, 'float32', shape)];
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new RangeError(`the parameter ${name} is missing`);
    return [name, builder.initializer(name, tensor)];
  });
  const outputs = network.forward(
    new GraphOps(builder),
    Object.fromEntries(bound),
    declareInputs(builder, network.inputs),
  );
  for (const [name, value] of Object.entries(outputs)) builder.output(name, value);
  return builder.build();
}

/** Declares graph inputs for ports; gives the values by port name. */
export function declareInputs(builder: GraphBuilder, ports: readonly PortSpec[]): Record<string, GraphValue> {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, builder.input(name, dtype, shape)]));
}
