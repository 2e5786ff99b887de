/** Eager execution on TensorFlow.js: the network's own forward on another library's kernels. */
import * as tf from '@tensorflow/tfjs-core';
import type { Bundle } from '../../core/bundle/read.js';
import { type TfjsBackend, useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { TfjsOps } from '../../core/engines/tfjs-ops.js';
import type { Tensor } from '../../core/tensor.js';
import type { Batch, Engine } from './engine.js';
import { networkOfBundle, parametersOf } from './network.js';
import { profileOf, profiledRuns, profileWarmupRuns, type SeenRun } from './profile.js';
import { requireOneThread, threadCount } from './threads.js';

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
  const load = async (bundle: Bundle, threads: number) => {
    if (kind === 'native') limitNativeThreads(threads);
    else requireOneThread(name, threads);
    await useTfjsBackend(kind);
    return new Interpreter(bundle, await parametersOf(bundle));
  };
  return {
    name,
    description,
    computes: 'fp32',
    async prepare(bundle, threads) {
      const interpreter = await load(bundle, threads);
      return {
        // TensorFlow reads its limit when the library is loaded: once in a process.
        threading:
          kind === 'native'
            ? `${threadCount(threads)} inside an operator, by TF_NUM_INTRAOP_THREADS`
            : '1 thread',
        run: (batch) => interpreter.run(batch),
        close: () => interpreter.close(),
      };
    },
    async profile(bundle, threads, _variant, batch) {
      const interpreter = await load(bundle, threads);
      const runs: SeenRun[] = [];
      for (let index = -profileWarmupRuns; index < profiledRuns; index++) {
        const run = await interpreter.profile(batch);
        if (index >= 0) runs.push(run);
      }
      await interpreter.close();
      return profileOf(runs);
    },
  };
}

class Interpreter {
  readonly #ops = new TfjsOps();
  readonly #backend = tf.getBackend();
  readonly #network;
  readonly #parameters;

  constructor(bundle: Bundle, parameters: Readonly<Record<string, Tensor>>) {
    this.#network = networkOfBundle(bundle);
    this.#parameters = this.#constants(parameters);
  }

  async run({ feeds }: Batch): Promise<Float32Array> {
    await this.#select();
    const inputs = this.#constants(feeds);
    const logits = this.#forward(inputs);
    const data = logits.dataSync<'float32'>();
    tf.dispose([logits, inputs]);
    return data;
  }

  /** By TensorFlow.js's own profiler, whose bookkeeping counts as dispatch. */
  async profile({ feeds }: Batch): Promise<SeenRun> {
    await this.#select();
    const started = performance.now();
    const inputs = this.#constants(feeds);
    const uploaded = performance.now();
    let [computed, ended] = [uploaded, uploaded];
    const { kernels } = await tf.profile(() => {
      const logits = this.#forward(inputs);
      computed = performance.now();
      logits.dataSync();
      logits.dispose();
      ended = performance.now();
    });
    tf.dispose(inputs);
    return {
      totalMs: ended - started,
      copiesMs: uploaded - started + (ended - computed),
      kernels: await Promise.all(
        kernels.map(async ({ name, kernelTimeMs }) => {
          const milliseconds = await kernelTimeMs;
          return { op: name, milliseconds: typeof milliseconds === 'number' ? milliseconds : 0 };
        }),
      ),
    };
  }

  close(): Promise<void> {
    tf.dispose(this.#parameters);
    return Promise.resolve();
  }

  /** The backend is the process's, and a tensor of one is copied when it is used on another. */
  async #select(): Promise<void> {
    if (tf.getBackend() !== this.#backend) await tf.setBackend(this.#backend);
  }

  #forward(inputs: Record<string, tf.Tensor>): tf.Tensor {
    const logits = tf.tidy(() => this.#network.forward(this.#ops, this.#parameters, inputs).logits);
    if (logits === undefined) throw new RangeError('the network gives no logits');
    return logits;
  }

  #constants(tensors: Readonly<Record<string, Tensor>>): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, this.#ops.constant(tensor)]),
    );
  }
}

/** TensorFlow reads these when its library is loaded. */
function limitNativeThreads(threads: number): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
}
