/** One text by both engines, each timed once. */
import type { Batch, PreparedEngine } from './engine.js';
import type { SampleResult } from './sampler-protocol.js';

/** @param engines static, eager */
export async function runPair(
  engines: readonly [PreparedEngine, PreparedEngine],
  batch: Batch,
  staticFirst: boolean,
): Promise<SampleResult> {
  const [first, second] = staticFirst ? engines : [engines[1], engines[0]];
  // Untimed first: a shape's first run plans memory, and the eager engine opens a session an op. The one that is timed
  // first runs last here, so that over both orders each is timed after itself as often as after the other.
  for (const engine of [second, first]) await engine.run(batch);
  const early = await timed(first, batch);
  const late = await timed(second, batch);
  const [fixed, eager] = staticFirst ? [early, late] : [late, early];
  const difference = Math.max(
    ...fixed.logits.map((logit, k) => Math.abs(logit - (eager.logits[k] ?? Infinity))),
  );
  return { staticMs: fixed.milliseconds, eagerMs: eager.milliseconds, difference };
}

async function timed(engine: PreparedEngine, batch: Batch) {
  const started = performance.now();
  const logits = await engine.run(batch);
  return { logits, milliseconds: performance.now() - started };
}
