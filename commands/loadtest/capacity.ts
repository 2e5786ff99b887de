/** `--find-capacity`: the highest rate that a server takes within a bound on its p99. */
import { RetortError } from '../../core/errors.js';
import { describeMachine } from '../../core/machine.js';
import { writeWhole } from '../../core/write-whole.js';
import { fewestQueries, p99Terms } from '../../loadtest/capacity/claim.js';
import { loadTrial, SearchInterrupted } from '../../loadtest/capacity/load-trial.js';
import {
  CAPACITY_FORMAT,
  capacityOf,
  capacitySchema,
  renderCapacity,
  type CapacityReport,
  type SearchEnd,
} from '../../loadtest/capacity/report.js';
import {
  searchPrecision,
  searchRepeatedly,
  secondsEachFor,
} from '../../loadtest/capacity/repeated-search.js';
import type { JudgedTrial } from '../../loadtest/capacity/search.js';
import { startGenerator } from '../../loadtest/open-loop/generator-handle.js';
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

export async function findCapacity(target: LoadTarget, options: CapacityOptions): Promise<void> {
  const { p99: p99BoundMs, repeats, seed, maxInFlight, maxLag: maxLagMs } = options;
  const secondsEach = secondsEachFor(options.duration, p99BoundMs);
  const head = {
    format: CAPACITY_FORMAT,
    kind: 'capacity',
    url: target.url.href,
    startedAt: new Date().toISOString(),
    p99BoundMs,
    confidence: p99Terms.confidence,
    fewestQueries: fewestQueries(),
    precision: searchPrecision,
    secondsEach,
    seed,
    texts: target.texts,
    textsPerRequest: target.textsPerRequest,
    machine: describeMachine(),
  } as const;
  const progress = progressPrinter();
  const generator = await startGenerator(target.forGenerator);
  const searches: CapacityReport['searches'] = [];
  let unfinished: JudgedTrial[] = [];
  const failure = await interruptible((signal) =>
    searchRepeatedly({
      load: (plan, rate) =>
        loadTrial(() => generator.run({ ...plan, maxInFlight }, { signal, onProgress: progress.show }), {
          rate,
          p99BoundMs,
          maxLagMs,
        }),
      repeats,
      seed,
      secondsEach,
      onTrial: (trial, repeat) => {
        unfinished.push(trial);
        progress.note(`search ${repeat + 1}/${repeats}: ${describe(trial)}`);
      },
      onSearch: ({ rate, trials }) => {
        searches.push({ rate, trials: [...trials] });
        unfinished = [];
      },
    }),
  )
    .then(
      () => null,
      (error: unknown) => ({ error }),
    )
    .finally(() => {
      progress.stop();
      generator.close();
    });
  const capacity = capacityOf(searches.map(({ rate }) => rate));
  const ended = failure === null ? 'complete' : endOf(failure.error);
  await writeReport({ ...head, searches, unfinished, capacity, ended }, options);
  if (ended === 'interrupted') process.exitCode = interruptedStatus;
  else if (failure !== null) throw failure.error;
  else if (capacity === null) process.exitCode = 1;
}

function endOf(error: unknown): SearchEnd {
  if (error instanceof SearchInterrupted) return 'interrupted';
  if (!(error instanceof RetortError)) return 'failed';
  if (error.code === 'loadtest_server_gone') return 'server-gone';
  return error.code === 'loadtest_generator_late' ? 'generator-late' : 'failed';
}

async function writeReport(unchecked: CapacityReport, { out, html, json }: CapacityOptions): Promise<void> {
  const report = capacitySchema.parse(unchecked);
  const written = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(json === true ? written : `${renderCapacity(report)}\n`);
  if (out !== undefined) await writeWhole(out, written);
  if (html !== undefined) {
    const { capacityPage } = await import('../../loadtest/html/capacity-page.js');
    await writeWhole(html, capacityPage(report));
  }
}

function describe({ rate, queries, slow, p99Ms, claim }: JudgedTrial): string {
  return `${rate.toFixed(1)} req/s ${claim} (${slow} of ${queries} slow or failed, p99 ${p99Ms?.toFixed(1) ?? 'none'} ms)`;
}
