/** A measurement whose windows disagree is done anew, whole: windows of two measurements are never put together. */
import type { Measured } from './measure.js';

export interface SettleLimits {
  /** Measurements at most. */
  readonly most: number;
  /** None begins when so many milliseconds have passed since the first did. */
  readonly milliseconds: number;
  readonly now: () => number;
}

export interface Settled extends Measured {
  /** Measurements that were done; the last one is kept. */
  readonly measurements: number;
}

/** @param measureOnce is given how many measurements were done before */
export async function measureUntilStable(
  measureOnce: (before: number) => Promise<Measured>,
  { most, milliseconds, now }: SettleLimits,
): Promise<Settled> {
  const started = now();
  for (let measurements = 1; ; measurements += 1) {
    const measured = await measureOnce(measurements - 1);
    if (measured.stable || measurements >= most || now() - started >= milliseconds)
      return { ...measured, measurements };
  }
}
