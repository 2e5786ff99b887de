/** Times of two graphs on the same inputs, run by turns. */
import { openSession, type Session } from '../../core/engines/session.js';
import { medianWithInterval, pairedRatio, type Estimate } from '../../core/statistics.js';
import type { Case } from '../optimize/validate/cases.js';

export interface Latency {
  readonly case: string;
  readonly runs: number;
  /** Milliseconds: medians with their intervals. */
  readonly before: Estimate;
  readonly after: Estimate;
  /** Time after over time before of the same round: the median, with its bootstrap interval over the rounds. */
  readonly ratio: Estimate;
}

export interface LatencyOptions {
  /** Inside one operator; the same of both. */
  readonly threads: number;
  /** A case takes about so long, with 9 rounds at the least and 101 at the most. */
  readonly budgetMs: number;
  readonly now: () => number;
}

const [fewest, most, warmUps] = [9, 101, 2];

/** Both graphs as the runtime itself optimises them. Cases that the first one refuses are left out. */
export async function latencies(
  before: Uint8Array,
  after: Uint8Array,
  cases: readonly Case[],
  options: LatencyOptions,
): Promise<Latency[]> {
  const settings = { intraOpThreads: options.threads, optimization: 'all' } as const;
  const first = await openSession(before, settings);
  try {
    const second = await openSession(after, settings);
    try {
      const found: Latency[] = [];
      for (const one of cases) {
        const runs = await first.run(one.feeds).then(
          () => true,
          () => false,
        );
        if (runs) found.push(await timed(first, second, one, options));
      }
      return found;
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

async function timed(
  first: Session,
  second: Session,
  { name, feeds }: Case,
  { budgetMs, now }: LatencyOptions,
): Promise<Latency> {
  const time = async (session: Session) => {
    const started = now();
    await session.run(feeds);
    return now() - started;
  };
  let pair = 0;
  for (let run = 0; run < warmUps; run += 1) pair = (await time(first)) + (await time(second));
  const runs = Math.max(fewest, Math.min(most, Math.floor(budgetMs / Math.max(pair, 1e-3))));
  const [before, after]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    // By turns the one and the other first, so that neither always follows the other.
    if (run % 2 === 0) before.push(await time(first));
    after.push(await time(second));
    if (run % 2 === 1) before.push(await time(first));
  }
  return {
    case: name,
    runs,
    before: medianWithInterval(before),
    after: medianWithInterval(after),
    ratio: pairedRatio(after, before, { seed: 1 }),
  };
}
