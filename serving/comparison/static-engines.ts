/** The static graph as one ONNX Runtime session: as it is served, and in other ways. */
import { openSession, type SessionOptions } from '../../core/engines/session.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { exactVariant } from '../../models/bundle-parameters.js';
import { staticGraph as graphOf } from '../../models/static-graph.js';
import type { Bundle } from '../../core/bundle/read.js';
import type { Engine, Variant } from './engine.js';
import { logitsOf } from './logits.js';
import { networkOfBundle, parametersOf } from './network.js';
import { profileOf, profiledRuns, profileWarmupRuns, type SeenRun } from './profile.js';
import { requireOneThread, threadCount } from './threads.js';

type Model = (bundle: Bundle, variant: Variant) => Promise<Uint8Array | string>;

const stored: Model = (bundle, variant) => Promise.resolve(bundle.path(variant.file));

/** The network's forward written down node by node, before any pass. */
const asWritten: Model = async (bundle) => {
  const parameters = new Map(Object.entries(await parametersOf(bundle)));
  return encodeModel({ graph: graphOf(networkOfBundle(bundle), parameters) });
};

export const staticGraph = engine(
  'static',
  'the static graph on ONNX Runtime, all graph optimisations',
  'stored',
  stored,
  { engine: 'node', optimization: 'all' },
);

export const staticUnoptimized = engine(
  'static-unoptimized',
  'the same file on ONNX Runtime, graph optimisations off',
  'stored',
  stored,
  { engine: 'node', optimization: 'disabled' },
);

export const staticUnfused = engine(
  'static-unfused',
  "the network's graph before any fusion, ONNX Runtime's graph optimisations off",
  'fp32',
  asWritten,
  { engine: 'node', optimization: 'disabled' },
);

export const staticCuda = engine(
  'static-cuda',
  'the static graph on ONNX Runtime, CUDA provider',
  'stored',
  stored,
  { engine: 'node', optimization: 'all', provider: 'cuda' },
);

export const staticWeb = engine(
  'static-web',
  'the static graph on ONNX Runtime for WebAssembly',
  'stored',
  stored,
  { engine: 'web', optimization: 'all' },
);

function engine(
  name: string,
  description: string,
  computes: Engine['computes'],
  model: Model,
  options: SessionOptions,
): Engine {
  const open = async (bundle: Bundle, threads: number, variant: Variant, profiling = false) => {
    if (options.engine === 'web') requireOneThread(name, threads);
    return openSession(await model(bundle, variant), { ...options, intraOpThreads: threads, profiling });
  };
  return {
    name,
    description,
    computes,
    async prepare(bundle, threads, variant = exactVariant(bundle.manifest)) {
      const session = await open(bundle, threads, variant);
      return {
        threading: options.provider === 'cuda' ? 'the GPU' : threadCount(threads),
        run: async ({ feeds }) => logitsOf(await session.run(feeds)),
        close: () => session.close(),
      };
    },
    async profile(bundle, threads, variant, batch) {
      const native = options.engine !== 'web';
      const session = await open(bundle, threads, variant, native);
      try {
        const totals = await timedRuns(() => session.run(batch.feeds));
        const inside = native ? (await session.endProfiling()).slice(-totals.length) : null;
        return profileOf(totals.map((totalMs, index) => seenRun(totalMs, inside?.[index])));
      } finally {
        await session.close();
      }
    },
  };
}

/** Without a profiler (WebAssembly) all is one kernel. */
function seenRun(totalMs: number, inside: { milliseconds: number; kernels: SeenRun['kernels'] } | undefined) {
  return inside === undefined
    ? { totalMs, copiesMs: 0, kernels: [{ op: 'the whole graph', milliseconds: totalMs }] }
    : { totalMs, copiesMs: Math.max(0, totalMs - inside.milliseconds), kernels: inside.kernels };
}

async function timedRuns(run: () => Promise<unknown>): Promise<number[]> {
  const totals: number[] = [];
  for (let index = -profileWarmupRuns; index < profiledRuns; index++) {
    const started = performance.now();
    await run();
    if (index >= 0) totals.push(performance.now() - started);
  }
  return totals;
}
