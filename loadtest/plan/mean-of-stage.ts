import type { LoadReport } from '../report.js';

/** Milliseconds of a stage by the server's own histograms; null where it has none. */
export function meanOfStage({ serverSeen }: LoadReport, name: string): number | null {
  const stage = serverSeen?.stages.find((one) => one.stage === name);
  return stage === undefined || stage.count === 0 ? null : stage.sumMs / stage.count;
}
