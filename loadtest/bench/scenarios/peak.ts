/** The most that a server answers: the rate is raised until more requests bring no more answers. */
import { loadAt, type Stage } from './scenario.js';

const firstRate = 100;
/** Below this share of what is offered, the server is at its limit. */
const keptShare = 0.9;
/** Around the first estimate. */
const shares = [0.9, 1, 1.15];

export interface Peak {
  /** Requests a second that were offered when most were answered well. */
  readonly offered: number;
  /** Answered well a second. */
  readonly goodput: number;
}

export async function findPeak(stage: Stage): Promise<Peak> {
  const goodputAt = async (rate: number) => {
    stage.onProgress(`looking for the peak: ${rate.toFixed(0)} requests/s`);
    return (await loadAt(stage, rate)).measured.requestsPerSecond;
  };
  let rate = firstRate;
  let estimate = await goodputAt(rate);
  while (estimate >= keptShare * rate) {
    rate *= 2;
    estimate = await goodputAt(rate);
  }
  let best: Peak = { offered: estimate, goodput: 0 };
  for (const share of shares) {
    const offered = share * estimate;
    const goodput = await goodputAt(offered);
    if (goodput > best.goodput) best = { offered, goodput };
  }
  return best;
}
