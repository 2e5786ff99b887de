/** ONNX Runtime in a worker of the page, so that the page stays smooth while it computes. */
import type * as Ort from 'onnxruntime-web';
import { download } from './cached-download.js';
import type { Engine, LoadMessage, RunMessage, WorkerReply, WorkerRequest } from './worker-protocol.js';

/** As onnxruntime-web names its files. */
const runtimes: Readonly<Record<Engine, { readonly entry: string; readonly wasm: string }>> = {
  wasm: { entry: 'ort.wasm.min.mjs', wasm: 'ort-wasm-simd-threaded' },
  webgpu: { entry: 'ort.webgpu.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify' },
};

let loaded: { readonly ort: typeof Ort; readonly session: Ort.InferenceSession } | null = null;

function reply(message: WorkerReply): void {
  postMessage(message);
}

async function load({ engine, threads, model }: LoadMessage): Promise<void> {
  const { entry, wasm } = runtimes[engine];
  const runtimeUrl = `/runtime/${wasm}.wasm`;
  const head = await fetch(runtimeUrl, { method: 'HEAD' });
  const total = Number(head.headers.get('content-length')) + model.bytes;
  let received = 0;
  const onBytes = (bytes: number, cached: boolean) => {
    received += bytes;
    reply({ kind: 'progress', received, total, cached });
  };
  const runtimeStamp = encodeURIComponent(head.headers.get('etag') ?? String(total));
  const wasmBinary = await download({ url: runtimeUrl, stamp: runtimeStamp }, onBytes);
  const { url, headers, sha256 } = model;
  const content = await download({ url, headers, stamp: sha256 }, onBytes);
  const ort = (await import(/* @vite-ignore */ `/runtime/${entry}`)) as typeof Ort;
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: `/runtime/${wasm}.mjs`, wasm: runtimeUrl };
  ort.env.wasm.wasmBinary = wasmBinary;
  const executionProviders = engine === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'];
  // Without warnings: a bundle keeps parameters that no node reads, and an operator may run on another provider.
  const options = { executionProviders, logSeverityLevel: 3 } as const;
  try {
    loaded = { ort, session: await ort.InferenceSession.create(content, options) };
  } catch (thrown) {
    reply({ kind: 'refused', message: messageOf(thrown) });
    return;
  }
  reply({ kind: 'loaded' });
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** input_ids [1, words], sequence_lengths [1] -> logits [1, classes] */
async function run({ call, ids }: RunMessage): Promise<void> {
  if (loaded === null) throw new Error('no model is loaded');
  const { ort, session } = loaded;
  const started = performance.now();
  const feeds = {
    input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
    sequence_lengths: new ort.Tensor('int32', Int32Array.of(ids.length), [1]),
  };
  const { logits } = await session.run(feeds);
  if (logits?.type !== 'float32') throw new Error('the network gave no float32 logits');
  const milliseconds = performance.now() - started;
  reply({ kind: 'logits', call, logits: Array.from(logits.data as Float32Array), milliseconds });
}

addEventListener('message', ({ data }: MessageEvent<WorkerRequest>) => {
  const done = data.kind === 'load' ? load(data) : run(data);
  done.catch((thrown: unknown) => {
    reply({ kind: 'failed', call: data.kind === 'run' ? data.call : null, message: messageOf(thrown) });
  });
});
reply({ kind: 'started' });
