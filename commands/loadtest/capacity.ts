/** `--find-capacity`: the highest rate that a server takes within a bound on its p99. */
import { fail } from '../../core/errors.js';
import { describeMachine } from '../../core/machine.js';
import { writeWhole } from '../../core/write-whole.js';
import { fewestQueries, p99Terms } from '../../loadtest/capacity/claim.js';
import {
  CAPACITY_FORMAT,
  capacityOf,
  capacitySchema,
  renderCapacity,
  type CapacityReport,
} from '../../loadtest/capacity/report.js';
import { searchPrecision, searchRepeatedly } from '../../loadtest/capacity/repeated-search.js';
import type { JudgedTrial, Trial } from '../../loadtest/capacity/search.js';
import { wholeHistogram } from '../../loadtest/measurement.js';
import { failures, offered } from '../../loadtest/outcome.js';
import { startGenerator } from '../../loadtest/open-loop/generator-handle.js';
import type { RequestPlan } from '../../loadtest/open-loop/planned-requests.js';
import { verdict } from '../../loadtest/verdict.js';
import { interruptible } from '../interruption.js';
import type { MeasureOptions } from './measure.js';
import { interruptedStatus } from './interrupted-status.js';
import { progressPrinter } from './progress.js';
import type { LoadTarget } from './target.js';

export interface CapacityOptions extends MeasureOptions {
  readonly findCapacity?: true;
  readonly p99: number;
  readonly repeats: number;
}

/** Thrown through the search when the command is interrupted. */
class Interrupted extends Error {}

export async function findCapacity(target: LoadTarget, options: CapacityOptions): Promise<void> {
  const { p99: boundMs, repeats, seed, duration, maxInFlight, maxLag, out, html, json } = options;
  const head = {
    format: CAPACITY_FORMAT,
    kind: 'capacity',
    url: target.url.href,
    startedAt: new Date().toISOString(),
    p99BoundMs: boundMs,
    confidence: p99Terms.confidence,
    fewestQueries: fewestQueries(),
    precision: searchPrecision,
    secondsEach: duration,
    seed,
    texts: target.texts,
    textsPerRequest: target.textsPerRequest,
    machine: describeMachine(),
  } as const;
  const progress = progressPrinter();
  const generator = await startGenerator(target.forGenerator(1000 * options.timeout));
  const searches: CapacityReport['searches'] = [];
  const load = async (plan: RequestPlan, rate: number, signal: AbortSignal): Promise<Trial> => {
    const result = await generator.run({ ...plan, maxInFlight }, { signal, onProgress: progress.show });
    if (result.ended === 'interrupted') throw new Interrupted();
    if (result.ended === 'server-gone') throw fail('loadtest_server_gone', {});
    const { outcomes, windows, latencyMs, latencyFromSendingMs } = result.measured;
    // An overloaded server on the same cores makes the generator late too; the bound is broken without its lag.
    const isBrokenAnyway = (latencyFromSendingMs?.p99 ?? 0) > boundMs;
    const failure = verdict(result, { maxLagMs: maxLag, thresholds: [] });
    if (failure?.code === 'loadtest_generator_late' && !isBrokenAnyway) throw failure;
    return {
      rate,
      queries: offered(outcomes),
      slow: wholeHistogram(windows).countAbove(boundMs) + failures(outcomes),
      p99Ms: latencyMs?.p99 ?? null,
    };
  };
  const ended = await interruptible(async (signal) => {
    try {
      await searchRepeatedly({
        load: (plan, rate) => load(plan, rate, signal),
        repeats,
        seed,
        secondsEach: duration,
        onTrial: (trial, repeat) => {
          progress.note(`search ${repeat + 1}/${repeats}: ${describe(trial)}`);
        },
        onSearch: ({ rate, trials }) => {
          searches.push({ rate, trials: [...trials] });
        },
      });
      return 'complete' as const;
    } catch (error) {
      if (error instanceof Interrupted) return 'interrupted' as const;
      throw error;
    }
  }).finally(() => {
    progress.stop();
    generator.close();
  });
  const capacity = capacityOf(searches.map(({ rate }) => rate));
  const report = capacitySchema.parse({ ...head, searches, capacity, ended } satisfies CapacityReport);
  const written = `${JSON.stringify(report, null, 2)}\n`;
  if (out !== undefined) await writeWhole(out, written);
  if (html !== undefined) {
    const { capacityPage } = await import('../../loadtest/html/capacity-page.js');
    await writeWhole(html, capacityPage(report));
  }
  process.stdout.write(json === true ? written : `${renderCapacity(report)}\n`);
  if (ended === 'interrupted') process.exitCode = interruptedStatus;
  else if (capacity === null) process.exitCode = 1;
}

function describe({ rate, queries, slow, p99Ms, claim }: JudgedTrial): string {
  return `${rate.toFixed(1)} req/s ${claim} (${slow} of ${queries} slow or failed, p99 ${p99Ms?.toFixed(1) ?? 'none'} ms)`;
}
