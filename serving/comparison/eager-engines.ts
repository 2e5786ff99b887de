/** Eager execution: the network's own forward, computed op by op with the parameters of the static graph. */
import { dispose, tidy } from '@tensorflow/tfjs-core';
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import { type TfjsBackend, useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { fromTensor, TfjsOps, toTensor } from '../../core/engines/tfjs-ops.js';
import type { Tensor } from '../../core/tensor.js';
import type { Engine } from './engine.js';
import { logitsOf } from './logits.js';
import { networkOfBundle, parametersOf } from './network.js';
import { requireOneThread } from './threads.js';

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

export const tfjsWasm = tfjs('tfjs-wasm', 'the same network op by op on TensorFlow.js, WebAssembly', 'wasm');
export const tfjsNative = tfjs('tfjs-native', 'the same network op by op on native TensorFlow.js', 'native');

function tfjs(name: string, description: string, backend: TfjsBackend): Engine {
  return {
    name,
    description,
    async prepare(bundle, threads) {
      // Native TensorFlow.js takes all cores unless its environment variables say otherwise.
      if (backend === 'wasm') requireOneThread(name, threads);
      await useTfjsBackend(backend);
      const network = networkOfBundle(bundle);
      const constants = (tensors: Readonly<Record<string, Tensor>>) =>
        Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, fromTensor(tensor)]));
      const ops = new TfjsOps();
      const bound = constants(await parametersOf(bundle));
      return {
        async run({ feeds }) {
          await useTfjsBackend(backend);
          const logits = tidy(() => network.forward(ops, bound, constants(feeds))['logits']);
          if (logits === undefined) throw new RangeError('the network gives no logits');
          const values = await toTensor(logits);
          dispose(logits);
          return logitsOf({ logits: values });
        },
        close() {
          dispose(bound);
          return Promise.resolve();
        },
      };
    },
  };
}
