/** Learning rates over a run. */

export const schedules = ['linear', 'constant'] as const;

export interface ScheduleSettings {
  /** The highest rate. */
  readonly learningRate: number;
  /** `linear` falls to zero at the last step. */
  readonly schedule: (typeof schedules)[number];
  /** Share of the steps over which the rate rises from zero to the highest. */
  readonly warmup: number;
}

/** The rate of a step, counted from 0. */
export function learningRateAt(
  { learningRate, schedule, warmup }: ScheduleSettings,
  step: number,
  steps: number,
): number {
  const rising = Math.floor(steps * warmup);
  if (step < rising) return (learningRate * (step + 1)) / (rising + 1);
  return schedule === 'constant' ? learningRate : (learningRate * (steps - step)) / (steps - rising);
}
