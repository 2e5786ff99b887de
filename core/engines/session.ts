/** The one place that opens ONNX Runtime sessions, over Retort's own tensors. */
import './no-telemetry.js';
import type * as Ort from 'onnxruntime-common';
import { fail } from '../errors.js';
import type { ProviderName } from './providers.js';
import { reasonOf } from '../reason-of.js';
import { type DType, type Tensor, tensor } from '../tensor.js';
import { prepareCuda } from './cuda-provider.js';
import { openRecording, type ProfiledRun } from './runtime-profile.js';

export interface SessionOptions {
  /** onnxruntime-node's native kernels, or onnxruntime-web's WebAssembly (in Node, one thread). */
  readonly engine?: 'node' | 'web';
  readonly provider?: ProviderName;
  /** Threads inside one operator. */
  readonly intraOpThreads?: number;
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Whether idle intra-op threads spin: quicker to wake, at the cost of a busy core. */
  readonly spinning?: boolean;
  /**
   * Whether numbers too small for full precision are computed with, and not taken for 0, which is quicker. For the
   * calling thread the first session of a process decides.
   */
  readonly denormals?: boolean;
  /** Further options by ONNX Runtime's own names; they win over those above. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Records what each run's kernels take; native kernels alone. */
  readonly profiling?: boolean;
}

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs on the calling thread, which is blocked meanwhile. Feeds are not copied.
   * @param outputs those that are wanted; all by default
   * @param into by name, tensors of an output's shape that it is written into, instead of new ones
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs?: readonly string[],
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  /** Of every run so far; the recording ends. Throws RangeError for a session that does not record. */
  endProfiling(): Promise<readonly ProfiledRun[]>;
  close(): Promise<void>;
}

/**
 * @param model the ONNX file's bytes, or its path (then the runtime reads it without a copy in JavaScript)
 * @throws RetortError session_refused, provider_missing
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  const {
    engine = 'node',
    provider = 'cpu',
    intraOpThreads = 1,
    optimization = 'all',
    spinning = false,
    denormals = false,
    extra = {},
    profiling = false,
  } = options;
  if (provider === 'cuda') await prepareCuda();
  const runtime: RuntimeModule = engine === 'node' ? await import('onnxruntime-node') : await webRuntime();
  const recording = profiling ? await openRecording() : null;
  const settings: Ort.InferenceSession.SessionOptions = {
    executionProviders: [engine === 'web' ? 'wasm' : provider],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
    ...(recording === null ? {} : { enableProfiling: true, profileFilePrefix: recording.prefix }),
    extra: {
      session: {
        intra_op: { allow_spinning: spinning ? '1' : '0' },
        set_denormal_as_zero: denormals ? '0' : '1',
      },
    },
    ...extra,
  };
  const { InferenceSession, Tensor: OrtTensor } = runtime;
  const session = await (
    typeof model === 'string'
      ? InferenceSession.create(model, settings)
      : InferenceSession.create(model, settings)
  ).catch((error: unknown) => {
    const reason = reasonOf(error);
    if (provider !== 'cpu') throw fail('provider_missing', { provider, reason: failureOf(reason) }, error);
    throw fail('session_refused', { reason }, error);
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, outputs = session.outputNames, into = {}) {
      const toOrt = ({ dtype, data, shape }: Tensor) => new OrtTensor(dtype, data, shape);
      const wrapped = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)]));
      const fetches = Object.fromEntries(
        outputs.map((name) => [name, into[name] === undefined ? null : toOrt(into[name])]),
      );
      const results = await session.run(wrapped, fetches).catch((error: unknown) => {
        throw fail('session_run_failed', { reason: reasonOf(error) }, error);
      });
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, ofOrt(name, value)]));
    },
    async endProfiling() {
      if (recording === null) throw new RangeError('the session was not opened for profiling');
      session.endProfiling();
      return recording.read();
    },
    close: () => session.release(),
  };
}

/** What CUDA says, without the runtime's signatures and source lines around it. */
function failureOf(message: string): string {
  return /CUDA failure \d+: [^;]*[^; ]/.exec(message)?.[0] ?? message;
}

interface RuntimeModule {
  readonly InferenceSession: Ort.InferenceSessionFactory;
  readonly Tensor: new (dtype: DType, data: Tensor['data'], shape: readonly number[]) => Ort.Tensor;
}

async function webRuntime(): Promise<RuntimeModule> {
  const runtime = await import('onnxruntime-web');
  runtime.env.wasm.numThreads = 1;
  return runtime;
}

function ofOrt(name: string, { type, data, dims }: Ort.Tensor): Tensor {
  switch (type) {
    case 'float32':
      if (data instanceof Float32Array) return tensor(type, data, dims);
      break;
    case 'float64':
      if (data instanceof Float64Array) return tensor(type, data, dims);
      break;
    case 'float16':
      if (data instanceof Uint16Array) return tensor(type, data, dims);
      if (ArrayBuffer.isView(data))
        return tensor(type, new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), dims);
      break;
    case 'int64':
      if (data instanceof BigInt64Array) return tensor(type, data, dims);
      break;
    case 'int32':
      if (data instanceof Int32Array) return tensor(type, data, dims);
      break;
    case 'int8':
      if (data instanceof Int8Array) return tensor(type, data, dims);
      break;
    case 'uint8':
    case 'bool':
      if (data instanceof Uint8Array) return tensor(type, data, dims);
      break;
    default:
      break;
  }
  throw fail('session_run_failed', {
    reason: `the output ${name} has the data type ${type}, which is not read`,
  });
}
