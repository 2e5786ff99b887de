/** Eager execution on TensorFlow.js: the network's own forward on another library's kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { type TfjsBackend, useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { TfjsOps } from '../../core/engines/tfjs-ops.js';
import type { Tensor } from '../../core/tensor.js';
import type { Engine } from './engine.js';
import { networkOfBundle, parametersOf } from './network.js';
import { requireOneThread } from './threads.js';

export const tfjsWasm = engine(
  'tfjs-wasm',
  'wasm',
  'the same network op by op on TensorFlow.js, WebAssembly kernels',
);

export const tfjsNative = engine(
  'tfjs-native',
  'native',
  "the same network op by op on TensorFlow's native kernels, by @tensorflow/tfjs-node",
);

function engine(name: string, kind: TfjsBackend, description: string): Engine {
  return {
    name,
    description,
    async prepare(bundle, threads) {
      if (kind === 'native') limitNativeThreads(threads);
      else requireOneThread(name, threads);
      await useTfjsBackend(kind);
      const backend = tf.getBackend();
      const ops = new TfjsOps();
      const network = networkOfBundle(bundle);
      const constants = (tensors: Readonly<Record<string, Tensor>>) =>
        Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, ops.constant(tensor)]));
      const parameters = constants(await parametersOf(bundle));
      return {
        async run({ feeds }) {
          // The backend is the process's, and a tensor of one is copied when it is used on another.
          if (tf.getBackend() !== backend) await tf.setBackend(backend);
          const logits = tf.tidy(() => network.forward(ops, parameters, constants(feeds)).logits);
          if (logits === undefined) throw new RangeError('the network gives no logits');
          const data = logits.dataSync<'float32'>();
          logits.dispose();
          return data;
        },
        close() {
          tf.dispose(parameters);
          return Promise.resolve();
        },
      };
    },
  };
}

/** TensorFlow reads these when its library is loaded. */
function limitNativeThreads(threads: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
}
