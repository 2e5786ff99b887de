/**
 * The same batches through several engines on equal threads, interleaved in random order, so that whatever else the
 * machine does falls on all of them alike. Every engine's logits are compared with the reference's, the first one's.
 */
import { schemesComputingInFp32 } from '../../core/bundle/precisions.js';
import type { Bundle } from '../../core/bundle/read.js';
import { RetortError } from '../../core/errors.js';
import { median, pairedRatio, percentiles, sum } from '../../core/statistics.js';
import { exactVariant } from '../../models/bundle-parameters.js';
import { type CellSpec, batchesOfCell } from './cells.js';
import type { Engine, PreparedEngine, Variant } from './engine.js';
import {
  agreeingWindows,
  measure,
  measurementTimes,
  mostMeasurements,
  type Times,
  windowSpread,
} from './measure.js';
import { networkShape, type Text, textsOf } from './network.js';
import { parityOf } from './parity.js';
import { profileEngines } from './profile-engines.js';
import type { BundleComparison, Cell, EngineEntry, Timing } from './result.js';
import { measureUntilStable } from './settle.js';

export interface CompareOptions {
  /** The first is the reference. */
  readonly engines: readonly [Engine, ...Engine[]];
  readonly cells: readonly CellSpec[];
  /** Null: those that the bundle carries. */
  readonly texts: readonly string[] | null;
  /** Timed runs of each batch in a cell of the grid, in three windows. */
  readonly runs: number;
  /** Runs of the seed's cell. */
  readonly seedRuns: number;
  /** About as long as a cell of the grid is measured; three times that where it is not stable, and then anew. */
  readonly cellSeconds: number;
  readonly threads: number;
  readonly seed: number;
  /** Largest accepted |difference| of a logit: where the same is computed as by the reference, and where it is not. */
  readonly tolerance: number;
  readonly int8Tolerance: number;
  readonly profile: boolean;
  /** Milliseconds. */
  readonly now: () => number;
  readonly onProgress?: (what: string) => void;
}

interface Contestant {
  readonly engine: Engine;
  readonly variant: Variant;
  readonly prepared: PreparedEngine;
  readonly entry: EngineEntry & { readonly status: 'ran' };
}

/** An engine that cannot run here is reported as absent; a reference that cannot is an error. */
export async function compare(bundle: Bundle, options: CompareOptions): Promise<BundleComparison> {
  const { name, version, network } = bundle.manifest;
  const contestants: Contestant[] = [];
  const entries: EngineEntry[] = [];
  try {
    for (const { engine, variant } of entrants(bundle, options.engines)) {
      options.onProgress?.(`${name}: loading ${engine.name} ${variant.precision}`);
      const prepared = await prepareOrSayWhyNot(bundle, engine, variant, contestants[0], options);
      entries.push(prepared.entry);
      if ('prepared' in prepared) contestants.push(prepared);
    }
    const texts = await textsOf(bundle, options.texts);
    const cells: Cell[] = [];
    for (const cell of options.cells)
      cells.push(await compareCell(bundle, cell, texts, contestants, options));
    return {
      bundle: { name, version, network: network.kind },
      engines: entries,
      cells,
      profile: options.profile ? await profileEngines(bundle, texts, contestants, options) : null,
    };
  } finally {
    for (const { prepared } of contestants) await prepared.close();
  }
}

/** Engines of stored graphs once a variant, the reference's variant first; interpreters once. */
function entrants(bundle: Bundle, engines: readonly Engine[]): { engine: Engine; variant: Variant }[] {
  const first = exactVariant(bundle.manifest);
  const variants = [first, ...bundle.manifest.variants.filter((variant) => variant !== first)];
  return engines.flatMap((engine) =>
    engine.computes === 'stored'
      ? variants.map((variant) => ({ engine, variant }))
      : [{ engine, variant: { ...first, precision: 'fp32' as const } }],
  );
}

async function prepareOrSayWhyNot(
  bundle: Bundle,
  engine: Engine,
  variant: Variant,
  reference: Contestant | undefined,
  { threads, tolerance, int8Tolerance }: CompareOptions,
): Promise<Contestant | { readonly entry: EngineEntry & { status: 'absent' } }> {
  const { name, description } = engine;
  const { precision } = variant;
  const entry = { label: `${name} ${precision}`, name, precision, description };
  try {
    const prepared = await engine.prepare(bundle, threads, variant);
    const alike = reference === undefined || computesTheSame(engine, variant, reference.variant);
    const allowed = alike ? tolerance : int8Tolerance;
    return {
      engine,
      variant,
      prepared,
      entry: { ...entry, status: 'ran', threading: prepared.threading, tolerance: allowed },
    };
  } catch (error) {
    if (reference === undefined || !(error instanceof RetortError) || error.kind !== 'unavailable')
      throw error;
    return { entry: { ...entry, status: 'absent', reason: error.message, hint: error.hint } };
  }
}

/** Interpreters compute in fp32 with the reference's own weights; a variant that is another one has weights of its own. */
function computesTheSame({ computes }: Engine, variant: Variant, reference: Variant): boolean {
  if (computes === 'stored') return variant.file === reference.file;
  return reference.scheme === undefined || schemesComputingInFp32.includes(reference.scheme);
}

async function compareCell(
  bundle: Bundle,
  spec: CellSpec,
  texts: readonly Text[],
  contestants: readonly Contestant[],
  options: CompareOptions,
): Promise<Cell> {
  const { seed, now, onProgress } = options;
  const { inputs, classes } = networkShape(bundle);
  const ids = texts.map((text) => text.ids);
  const batches = batchesOfCell(spec, ids, inputs);
  const seeds = spec.kind === 'seed';
  const what = `${bundle.manifest.name}: batch ${String(spec.batch)}, ${seeds ? 'one sentence' : `${String(spec.length ?? 'texts')} tokens`}`;
  const rounds = Math.ceil((seeds ? options.seedRuns : options.runs) / (seeds ? 1 : agreeingWindows));
  const { times, stable, runs, measurements } = await measureUntilStable(
    (before) =>
      measure(
        contestants.map(({ prepared }) => prepared),
        {
          batches,
          rounds,
          windows: seeds ? 1 : 12,
          seconds: seeds ? null : options.cellSeconds,
          seed: seed + before,
          now,
          onRound: (round) =>
            onProgress?.(`${what}, ${before === 0 ? '' : 'measured anew, '}round ${String(round)}`),
        },
      ),
    { most: seeds ? 1 : mostMeasurements, milliseconds: 1000 * measurementTimes * options.cellSeconds, now },
  );
  const reference = times[0];
  if (reference === undefined) throw new RangeError('a comparison has a reference');
  const words = sum(batches.map((batch) => batch.words));
  return {
    kind: spec.kind,
    batch: seeds ? 1 : spec.batch,
    length: seeds ? null : spec.length,
    texts: sum(batches.map(({ rows }) => rows)),
    words,
    runs,
    measurements,
    stable: seeds ? null : stable,
    timings: times.map((own, index) =>
      timingOf(contestants[index]?.entry.label ?? '', own, reference, { words: words * runs, classes, seed }),
    ),
  };
}

function timingOf(
  label: string,
  own: Times,
  reference: Times,
  { words, classes, seed }: { words: number; classes: number; seed: number },
): Timing {
  const milliseconds = own.windows.flat();
  const [p95Ms = 0, p99Ms = 0] = percentiles(milliseconds, [95, 99]);
  const totalMs = sum(milliseconds);
  return {
    label,
    medianMs: median(milliseconds),
    p95Ms,
    p99Ms,
    totalMs,
    wordsPerSecond: (1000 * words) / totalMs,
    factor: own === reference ? null : pairedRatio(milliseconds, reference.windows.flat(), { seed }),
    windowMediansMs: own.windows.map(median),
    windowSpread: windowSpread(own.windows),
    warmupRuns: own.warmupRuns,
    ...parityOf(own.logits, reference.logits, classes),
  };
}
