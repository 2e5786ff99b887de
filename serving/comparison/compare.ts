/**
 * The same batches through several engines on equal threads, interleaved in random order, so that whatever else the
 * machine does falls on all of them alike. Every engine's logits are compared with the static graph's.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Bundle } from '../../core/bundle/read.js';
import { RetortError } from '../../core/errors.js';
import { describeMachine } from '../../core/machine.js';
import { median, pairedRatio, percentiles, sum } from '../../core/statistics.js';
import type { Batch, Engine, PreparedEngine } from './engine.js';
import { exactVariant } from '../../models/bundle-parameters.js';
import { agrees, COMPARISON_FORMAT, type Comparison, type EngineResult } from './report.js';

export interface CompareOptions {
  /** The first is the reference, whose logits and times the others are held against. */
  readonly engines: readonly [Engine, ...Engine[]];
  readonly batches: readonly Batch[];
  /** How often each engine runs each batch, after one run that is not timed. */
  readonly runs: number;
  readonly threads: number;
  readonly seed: number;
  readonly classes: number;
  /** Largest accepted |difference| of a logit from the reference's. */
  readonly tolerance: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** An engine that cannot run here is reported as absent; a reference that cannot is an error. */
export async function compare(bundle: Bundle, options: CompareOptions): Promise<Comparison> {
  const { batches, runs, threads, seed, tolerance } = options;
  const machine = describeMachine();
  const contestants: Contestant[] = [];
  const absent: EngineResult[] = [];
  try {
    for (const engine of options.engines) {
      const prepared = await prepareOrSayWhyNot(engine, bundle, threads, contestants.length === 0);
      if ('run' in prepared) contestants.push(await warmedUp(engine, prepared, batches));
      else absent.push(prepared);
    }
    await interleave(contestants, batches, options);
    const [reference] = contestants;
    if (reference === undefined) throw new Error('no engine ran');
    const results = contestants.map((contestant) => resultOf(contestant, reference, options));
    return {
      format: COMPARISON_FORMAT,
      bundle: { name: bundle.manifest.name, version: bundle.manifest.version },
      precision: exactVariant(bundle.manifest).precision,
      texts: batches.reduce((rows, batch) => rows + batch.rows, 0),
      words: batches.reduce((words, batch) => words + batch.words, 0),
      batch: Math.max(...batches.map((batch) => batch.rows)),
      threads,
      runs,
      seed,
      tolerance,
      engines: [...results, ...absent],
      agree: results.every((result) => agrees(result.maxLogitDifference, tolerance)),
      machine,
    };
  } finally {
    for (const { prepared } of contestants) await prepared.close();
  }
}

interface Contestant {
  readonly engine: Engine;
  readonly prepared: PreparedEngine;
  /** Of each batch. */
  readonly logits: readonly Float32Array[];
  /** milliseconds[run * batches + batch] */
  readonly milliseconds: number[];
}

async function prepareOrSayWhyNot(
  engine: Engine,
  bundle: Bundle,
  threads: number,
  required: boolean,
): Promise<PreparedEngine | EngineResult> {
  try {
    return await engine.prepare(bundle, threads);
  } catch (error) {
    if (required || !(error instanceof RetortError) || error.kind !== 'unavailable') throw error;
    const { name, description } = engine;
    return { name, description, status: 'absent', reason: error.message, hint: error.hint };
  }
}

async function warmedUp(
  engine: Engine,
  prepared: PreparedEngine,
  batches: readonly Batch[],
): Promise<Contestant> {
  try {
    const logits: Float32Array[] = [];
    for (const batch of batches) logits.push(Float32Array.from(await prepared.run(batch)));
    return { engine, prepared, logits, milliseconds: [] };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

async function interleave(
  contestants: readonly Contestant[],
  batches: readonly Batch[],
  { runs, seed, onProgress }: CompareOptions,
): Promise<void> {
  const random = xoroshiro128plus(seed);
  const shuffled = (size: number) => {
    const order = Array.from({ length: size }, (_, i) => i);
    for (let i = size - 1; i > 0; i--) {
      const j = uniformInt(random, 0, i);
      [order[i], order[j]] = [order[j] ?? j, order[i] ?? i];
    }
    return order;
  };
  let done = 0;
  for (let run = 0; run < runs; run++) {
    for (const b of shuffled(batches.length)) {
      for (const c of shuffled(contestants.length)) {
        const [batch, contestant] = [batches[b], contestants[c]];
        if (batch === undefined || contestant === undefined) continue;
        const started = performance.now();
        await contestant.prepared.run(batch);
        contestant.milliseconds[run * batches.length + b] = performance.now() - started;
      }
      onProgress?.(++done, runs * batches.length);
    }
  }
}

function resultOf(
  contestant: Contestant,
  reference: Contestant,
  { batches, runs, classes, seed }: CompareOptions,
): EngineResult & { status: 'ran' } {
  const { name, description } = contestant.engine;
  const { milliseconds } = contestant;
  const [p95Ms = 0] = percentiles(milliseconds, [95]);
  const words = runs * batches.reduce((total, batch) => total + batch.words, 0);
  return {
    name,
    description,
    status: 'ran',
    medianMs: median(milliseconds),
    p95Ms,
    wordsPerSecond: (1000 * words) / sum(milliseconds),
    factor: contestant === reference ? null : pairedRatio(milliseconds, reference.milliseconds, { seed }),
    ...differences(contestant.logits, reference.logits, classes),
  };
}

function differences(ours: readonly Float32Array[], theirs: readonly Float32Array[], classes: number) {
  let largest = 0;
  let labelFlips = 0;
  for (const [b, expected] of theirs.entries()) {
    const got = ours[b] ?? new Float32Array();
    if (got.length !== expected.length) largest = NaN;
    for (let i = 0; i < expected.length; i++) {
      // Math.max passes NaN on.
      largest = Math.max(largest, Math.abs((got[i] ?? NaN) - (expected[i] ?? NaN)));
    }
    for (let row = 0; row < expected.length; row += classes) {
      if (argmax(got.subarray(row, row + classes)) !== argmax(expected.subarray(row, row + classes)))
        labelFlips++;
    }
  }
  return { maxLogitDifference: Number.isFinite(largest) ? largest : null, labelFlips };
}

function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
}
