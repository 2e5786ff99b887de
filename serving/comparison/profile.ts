/** Where an engine's time goes, in parts that every engine has. */
import type { ProfiledRun } from '../../core/engines/runtime-profile.js';

/** Milliseconds of one run. */
export interface EngineProfile {
  readonly totalMs: number;
  /** Inside operators. */
  readonly kernelMs: number;
  /** Between operators: what the executor or the interpreter does to reach the next. */
  readonly dispatchMs: number;
  /** Into and out of the engine: feeds wrapped or uploaded, results taken over. */
  readonly copiesMs: number;
  /** The kernels by operator, the longest first; in the engine's own names. */
  readonly ops: readonly { readonly op: string; readonly milliseconds: number; readonly count: number }[];
}

/** Runs that are profiled, after as many that are not counted. */
export const profiledRuns = 9;
export const profileWarmupRuns = 3;

export interface SeenRun {
  readonly totalMs: number;
  readonly copiesMs: number;
  readonly kernels: ProfiledRun['kernels'];
}

/** The run of median length, so that one that was disturbed is not shown. Throws RangeError for no runs. */
export function profileOf(runs: readonly SeenRun[]): EngineProfile {
  const run = [...runs].sort((a, b) => a.totalMs - b.totalMs)[Math.floor(runs.length / 2)];
  if (run === undefined) throw new RangeError('no run was profiled');
  const byOp = new Map<string, { op: string; milliseconds: number; count: number }>();
  for (const { op, milliseconds } of run.kernels) {
    const sum = byOp.get(op) ?? { op, milliseconds: 0, count: 0 };
    byOp.set(op, { op, milliseconds: sum.milliseconds + milliseconds, count: sum.count + 1 });
  }
  const ops = [...byOp.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  const kernelMs = ops.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return {
    totalMs: run.totalMs,
    kernelMs,
    // A clock that is coarser than a kernel may put the parts over the whole.
    dispatchMs: Math.max(0, run.totalMs - kernelMs - run.copiesMs),
    copiesMs: run.copiesMs,
    ops,
  };
}
