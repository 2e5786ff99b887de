/** Eager execution on ONNX Runtime: the network's own forward, op by op with the parameters of the static graph. */
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import type { Tensor } from '../../core/tensor.js';
import type { Engine } from './engine.js';
import { logitsOf } from './logits.js';
import { networkOfBundle, parametersOf } from './network.js';

export const ortEager: Engine = {
  name: 'ort-eager',
  description: "the same network op by op, each op with ONNX Runtime's own kernel",
  async prepare(bundle, threads) {
    const network = networkOfBundle(bundle);
    const parameters = await parametersOf(bundle);
    const ops = new OrtEagerOps({ intraOpThreads: threads });
    const constants = (tensors: Readonly<Record<string, Tensor>>) =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, ops.constant(tensor)]));
    const bound = constants(parameters);
    return {
      async run({ feeds }) {
        const outputs = Object.entries(network.forward(ops, bound, constants(feeds)));
        const values = outputs.map(async ([name, value]): Promise<[string, Tensor]> => [name, await value]);
        return logitsOf(Object.fromEntries(await Promise.all(values)));
      },
      close: () => ops.close(),
    };
  },
};
