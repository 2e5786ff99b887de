/**
 * What serving a model costs, measured in turns: each turn measures everything for a while, so that a slow spell of the
 * machine meets all of it, and other work may come between two turns.
 */
import { availableParallelism } from 'node:os';
import { bucketLimits } from '../../core/batching/buckets.js';
import { longestRow } from '../../core/bundle/longest-row.js';
import { openBundle } from '../../core/bundle/read.js';
import { describeMachine } from '../../core/machine.js';
import { median, sum } from '../../core/statistics.js';
import { type BareLoop, startBareLoop } from '../../loadtest/bench/bare-loop.js';
import { loadInChild } from '../../loadtest/bench/child.js';
import { COSTS_FORMAT, costsSchema, type ServingCosts } from '../../loadtest/plan/costs.js';
import { InterruptionsMeasurement } from '../../loadtest/plan/measure-interruptions.js';
import { processorMs, RunsMeasurement } from '../../loadtest/plan/measure-runs.js';
import { type MeasuredLoop, type MeasuredTurn, serverCosts } from '../../loadtest/plan/measure-server.js';
import { scrapeCounters } from '../../loadtest/plan/server-counters.js';
import { warmRequests, warmupSecondsAt } from '../../loadtest/plan/warm-up.js';
import { parseConfig } from '../../serving/config.js';
import { Predictor } from '../../serving/predictor.js';
import { cli, type ServedBundle } from './served-bundle.js';

export interface CostsMeasurementOptions {
  /** Of each of the measurements, in all turns together. */
  readonly seconds: number;
  readonly turns: number;
  readonly seed: number;
}

/** Texts whose sizes are kept. */
const mostTexts = 2000;
const manyConnections = 32;
/** Of the saturated throughput, at which the generator's own costs are taken. */
const generatorShare = 0.6;
/** Of bare sessions on one core and on several, one after another: shorter than most spells of a machine. */
const pieceSeconds = 0.5;
/** Of the loops that warm the server up. */
const warmPieceSeconds = 2;
/** Of a turn's runs of the session, of which a grid has many kinds. */
const shortestRunsSeconds = 4;
/** Without a load, in all turns together. */
const loneSeconds = 10;
/** Of a warm-up, in which the share of other programs is taken: its middle and its end. */
const steadyPart = { from: 0.5, until: 0.95 };
/** Of `retort loadtest`. */
const shortestLoadSeconds = 1;

interface BusyCores {
  readonly busy: number;
  readonly loop: BareLoop;
  /** Texts a millisecond of processor time, piece by piece. */
  readonly rates: number[];
}

export class CostsMeasurement {
  readonly #served: ServedBundle;
  readonly #options: CostsMeasurementOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #machine = describeMachine();
  readonly #predictor: Predictor;
  readonly #runs: RunsMeasurement;
  readonly #busy: readonly BusyCores[];
  readonly #sizes: ServingCosts['texts'];
  readonly #turns: MeasuredTurn[] = [];
  readonly #interruptions = new InterruptionsMeasurement(availableParallelism());
  #tokenized = { ms: 0, characters: 0 };

  private constructor(
    served: ServedBundle,
    options: CostsMeasurementOptions,
    predictor: Predictor,
    busy: readonly BusyCores[],
  ) {
    this.#served = served;
    this.#options = options;
    this.#predictor = predictor;
    this.#busy = busy;
    const { tokenizer, rowByRow } = predictor;
    this.#sizes = served.texts
      .slice(0, mostTexts)
      .map((text) => ({ characters: text.length, ids: tokenizer.encode(text).length }));
    const idsOf = (length: number) =>
      Array.from({ length }, (_, place) => 1 + (place % (tokenizer.vocabularySize - 1)));
    this.#runs = new RunsMeasurement({
      run: (rows, length) => predictor.run(Array.from({ length: rows }, () => ({ ids: idsOf(length) }))),
      rows: rowByRow ? [1] : [1, 2, 4, 8, 16],
      lengths: [...new Set([1, ...bucketLimits(Math.max(...this.#sizes.map(({ ids }) => ids)))])],
      seed: options.seed,
    });
  }

  /** @param served by one worker */
  static async start(served: ServedBundle, options: CostsMeasurementOptions): Promise<CostsMeasurement> {
    const { folder, texts, precision, defer } = served;
    const predictor = await Predictor.open(await openBundle(folder), 1, { precision });
    defer(() => predictor.close());
    const busy: BusyCores[] = [];
    for (const count of countsOf(availableParallelism())) {
      const loop = await startBareLoop({ folder, texts, precision, workers: count });
      defer(() => loop.close());
      busy.push({ busy: count, loop, rates: [] });
    }
    const measurement = new CostsMeasurement(served, options, predictor, busy);
    await measurement.#warm();
    return measurement;
  }

  get cores(): number {
    return this.#machine.cores;
  }

  async turn(): Promise<void> {
    const { seconds, turns } = this.#options;
    const each = seconds / turns;
    const loaded = Math.max(shortestLoadSeconds, each);
    // The server does nothing meanwhile.
    progress('runs of the session');
    await this.#runs.turn(Math.max(shortestRunsSeconds, each));
    this.#tokenize(1000 / turns);
    progress('the machine without a load');
    await this.#interruptions.lengths(loneSeconds / turns);
    progress('sessions on one core and on more');
    for (let past = 0; past < each; past += pieceSeconds)
      for (const one of this.#busy) await measurePiece(one, Math.min(pieceSeconds, loaded));
    const single = await this.#load(['--connections', '1', '--warmup', '1'], loaded);
    const many = await this.#load(['--connections', String(manyConnections), '--warmup', '1'], loaded);
    const saturated = [...this.#turns.map((turn) => turn.many), many];
    const rates = saturated.map(({ report }) => report.measured.requestsPerSecond);
    const paced = await this.#loadAt((generatorShare * sum(rates)) / rates.length, loaded);
    this.#turns.push({ single, many, paced });
  }

  /** Of the turns so far. */
  result(): ServingCosts {
    const { manifest, precision } = this.#served;
    const { rowByRow, provider } = this.#predictor;
    const speeds = this.#speeds();
    const speedBesideOne = speeds.find(({ busy }) => busy === 2)?.speed ?? 1;
    const { requestMs, batchMs, handoverMs, workerBatchMs, wireMs } = serverCosts(
      this.#turns,
      speedBesideOne,
    );
    const { queue } = parseConfig({ repository: '' }, 'defaults');
    const { runs, spread, wake, pace } = this.#runs.result();
    const last = this.#turns.at(-1)?.many.after;
    const { ms, characters } = this.#tokenized;
    return costsSchema.parse({
      format: COSTS_FORMAT,
      kind: 'serving-costs',
      bundle: `${manifest.name}/${manifest.version}`,
      precision,
      provider,
      startedAt: this.#startedAt,
      machine: this.#machine,
      seed: this.#options.seed,
      worker: { runs, spread, wake, tokenizeMsPerCharacter: ms / characters, batchMs: workerBatchMs },
      main: { requestMs, batchMs, handoverMs },
      wireMs,
      generatorMs: median(
        this.#turns.map(({ paced: { report } }) => {
          const { generatorCores, requestsPerSecond } = report.measured;
          return (1000 * generatorCores) / requestsPerSecond;
        }),
      ),
      speeds,
      pace,
      interruptions: this.#interruptions.result(),
      memory: {
        serverBytes: last?.get('process_resident_memory_bytes') ?? 0,
        workerBytes: last?.get('retort_worker_resident_memory_bytes') ?? 0,
      },
      batching: {
        queueCapacity: queue.capacity,
        largestBatch: queue.largestBatch,
        tokenBudget: queue.tokenBudget,
        rowByRow,
        longestRow: longestRow(manifest),
      },
      texts: this.#sizes,
    } satisfies ServingCosts);
  }

  async #warm(): Promise<void> {
    const many = ['--connections', String(manyConnections), '--warmup', '0'];
    let answered = 0;
    while (answered < warmRequests) {
      // It throws where nothing is answered.
      const { report } = await this.#load(many, warmPieceSeconds);
      answered += report.measured.outcomes.ok ?? 0;
    }
  }

  /** Of pieces that follow each other, the medians of their ratios; no core is faster for it that another is busy. */
  #speeds(): ServingCosts['speeds'] {
    const [alone] = this.#busy;
    return this.#busy.map(({ busy, rates }) => ({
      busy,
      speed: Math.min(1, median(rates.map((rate, piece) => rate / (alone?.rates[piece] ?? NaN)))),
    }));
  }

  #tokenize(milliseconds: number): void {
    const { tokenizer } = this.#predictor;
    const before = process.cpuUsage();
    const endMs = performance.now() + milliseconds;
    do {
      for (const text of this.#served.texts.slice(0, mostTexts)) {
        tokenizer.encode(text);
        this.#tokenized.characters += text.length;
      }
    } while (performance.now() < endMs);
    this.#tokenized.ms += processorMs(before);
  }

  async #loadAt(rate: number, seconds: number): Promise<MeasuredLoop> {
    const warmupSeconds = warmupSecondsAt(rate);
    const how = ['--rate', rate.toFixed(1), '--max-lag', '1000', '--warmup', warmupSeconds.toFixed(1)];
    const part = {
      fromMs: 1000 * steadyPart.from * warmupSeconds,
      untilMs: 1000 * steadyPart.until * warmupSeconds,
    };
    const [loop, watched] = await Promise.all([
      this.#load(how, seconds),
      this.#interruptions.watch(part, () => scrapeCounters(this.#served.served.target)),
    ]);
    this.#interruptions.add(watched, loop.report.measured.generatorCores);
    return loop;
  }

  async #load(how: readonly string[], seconds: number): Promise<MeasuredLoop> {
    const {
      served: { target },
      textsFile,
    } = this.#served;
    progress(`served, ${how.slice(0, 2).join(' ').replace('--', '')}`);
    const before = await scrapeCounters(target);
    const report = await loadInChild(cli, [
      target.href,
      ...how,
      ...['--duration', String(seconds), '--texts', textsFile],
    ]);
    return { report, before, after: await scrapeCounters(target) };
  }
}

async function measurePiece({ loop, rates }: BusyCores, seconds: number): Promise<void> {
  const before = process.cpuUsage();
  const texts = seconds * (await loop.measure({ seconds, kind: 'tokenised' }));
  rates.push(texts / processorMs(before));
}

/** One core, two, twice as many, …, and all. */
function countsOf(cores: number): number[] {
  const counts = [1];
  for (let busy = 2; busy < cores; busy *= 2) counts.push(busy);
  if (cores > 1) counts.push(cores);
  return counts;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
