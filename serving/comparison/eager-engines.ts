/** Eager execution on ONNX Runtime: the network's own forward, op by op with the parameters of the static graph. */
import type { Bundle } from '../../core/bundle/read.js';
import { type EagerProfile, OrtEagerOps, type OrtEagerOptions } from '../../core/engines/ort-eager-ops.js';
import { sum } from '../../core/statistics.js';
import type { Tensor } from '../../core/tensor.js';
import type { Batch, Engine } from './engine.js';
import { logitsOf } from './logits.js';
import { networkOfBundle, parametersOf } from './network.js';
import { profileOf, profiledRuns, profileWarmupRuns, type SeenRun } from './profile.js';
import { threadCount } from './threads.js';

export const ortEager: Engine = {
  name: 'ort-eager',
  description: "the same network op by op, each op with ONNX Runtime's own kernel",
  computes: 'fp32',
  async prepare(bundle, threads) {
    const { ops, run } = await interpreter(bundle, { intraOpThreads: threads });
    return { threading: threadCount(threads), run, close: () => ops.close() };
  },
  async profile(bundle, threads, _variant, batch) {
    const { ops, run } = await interpreter(bundle, { intraOpThreads: threads, profiling: true });
    try {
      const totals: number[] = [];
      for (let index = 0; index < profileWarmupRuns + profiledRuns; index++) {
        const started = performance.now();
        await run(batch);
        totals.push(performance.now() - started);
      }
      return profileOf(forwardsOf(await ops.endProfiling(), totals).slice(profileWarmupRuns));
    } finally {
      await ops.close();
    }
  },
};

async function interpreter(bundle: Bundle, options: OrtEagerOptions) {
  const network = networkOfBundle(bundle);
  const parameters = await parametersOf(bundle);
  const ops = new OrtEagerOps(options);
  const constants = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, ops.constant(tensor)]));
  const bound = constants(parameters);
  const run = async ({ feeds }: Batch) => {
    const outputs = Object.entries(network.forward(ops, bound, constants(feeds)));
    const values = outputs.map(async ([name, value]): Promise<[string, Tensor]> => [name, await value]);
    return logitsOf(Object.fromEntries(await Promise.all(values)));
  };
  return { ops, run };
}

/** Forwards of the same batch run the same ops, so each forward has an equal part of every session's runs. */
function forwardsOf({ spans, sessions }: EagerProfile, totals: readonly number[]): SeenRun[] {
  const part = <T>(values: readonly T[], index: number) => {
    const size = values.length / totals.length;
    return values.slice(index * size, (index + 1) * size);
  };
  return totals.map((totalMs, index) => {
    const runs = sessions.flatMap((session) => part(session, index));
    const inside = sum(runs.map(({ milliseconds }) => milliseconds));
    return {
      totalMs,
      copiesMs: Math.max(0, sum(part(spans, index)) - inside),
      kernels: runs.flatMap(({ kernels }) => kernels),
    };
  });
}
