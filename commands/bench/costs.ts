/** `retort bench costs`: what serving a model costs on this machine, for `retort plan`. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { bucketLimits } from '../../core/batching/buckets.js';
import { openBundle } from '../../core/bundle/read.js';
import { describeMachine } from '../../core/machine.js';
import { sum } from '../../core/statistics.js';
import { writeWhole } from '../../core/write-whole.js';
import { startBareLoop } from '../../loadtest/bench/bare-loop.js';
import { loadInChild } from '../../loadtest/bench/child.js';
import { COSTS_FORMAT, costsSchema, type ServingCosts } from '../../loadtest/plan/costs.js';
import { measureRuns, processorMs } from '../../loadtest/plan/measure-runs.js';
import { type MeasuredLoop, serverCosts } from '../../loadtest/plan/measure-server.js';
import { renderCosts } from '../../loadtest/plan/render-costs.js';
import { scrapeCounters } from '../../loadtest/plan/server-counters.js';
import { serviceTime } from '../../loadtest/plan/service-time.js';
import { parseConfig } from '../../serving/config.js';
import { longestRow, Predictor } from '../../serving/predictor.js';
import { defaultSessionSettings } from '../../serving/session-settings.js';
import { decimal, integer } from '../options.js';
import { cli, type ServedBundle, withServedBundle } from './served-bundle.js';

interface CostsOptions {
  readonly duration: number;
  readonly texts?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

/** Texts whose sizes are kept. */
const mostTexts = 2000;
const manyConnections = 32;
/** What is compared is measured in turn, so that a slow spell of the machine meets both. */
const turns = 2;
/** Of the saturated throughput, at which the generator's own costs are taken. */
const generatorShare = 0.6;

export function register(bench: Command): void {
  bench
    .command('costs')
    .summary('what serving costs by batch and length, for `retort plan`')
    .description(
      'Measures runs of the session over a grid of rows and lengths, bare sessions on one core and on all, and a ' +
        'server of one worker under closed loops of one and of many connections and an open loop.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .option('--duration <seconds>', 'of each of its measurements', decimal(0.5, 120), 10)
    .option(
      '--texts <file>',
      'texts as they will come, .txt or .jsonl, each also .gz (default: built-in reviews)',
    )
    .option('--seed <n>', 'of the order of the measurements', integer(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'write the costs as JSON')
    .option('--json', 'print the costs as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort bench costs --out costs.json\n  retort plan costs.json --rate 5000 --p99 50',
    )
    .action(run);
}

async function run(model: string | undefined, options: CostsOptions): Promise<void> {
  const { texts, out, json } = options;
  await withServedBundle({ model, texts, workers: 1 }, async (bundle) => {
    const costs = await measure(bundle, options);
    const written = `${JSON.stringify(costs)}\n`;
    if (out !== undefined) await writeWhole(out, written);
    process.stdout.write(json === true ? written : `${renderCosts(costs)}\n`);
  });
}

async function measure(
  served: ServedBundle,
  { duration, seed }: Pick<CostsOptions, 'duration' | 'seed'>,
): Promise<ServingCosts> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const { manifest, precision } = served;
  // The server does nothing meanwhile.
  const alone = await measureAlone(served, duration, seed);
  const speeds = await measureSpeeds(served, duration);
  const speedBesideOne = speeds.find(({ busy }) => busy === 2)?.speed ?? 1;
  const { server, memory, generatorMs } = await measureServer(served, duration, speedBesideOne);
  const { requestMs, batchMs, betweenMs, workerMs, latencyMs } = server;
  const { queue } = parseConfig({ repository: '' }, 'defaults');
  const batching: ServingCosts['batching'] = {
    queueCapacity: queue.capacity,
    largestBatch: queue.largestBatch,
    tokenBudget: queue.tokenBudget,
    rowByRow: alone.rowByRow,
    longestRow: longestRow(manifest),
  };
  const { runs, spread, pace, tokenizeMsPerCharacter, sizes } = alone;
  const worker = { runs, spread, tokenizeMsPerCharacter, batchMs: 0 };
  const middleOfSpread = () => 0.5;
  const textMs = serviceTime({ worker, batching });
  const aloneMs = sizes.reduce((sum, size) => sum + textMs([size], middleOfSpread), 0) / sizes.length;
  const workerBatchMs = Math.max(0, workerMs - aloneMs);
  const handoverMs = Math.min(batchMs, Math.max(0, betweenMs - workerBatchMs));
  return costsSchema.parse({
    format: COSTS_FORMAT,
    kind: 'serving-costs',
    bundle: `${manifest.name}/${manifest.version}`,
    precision,
    provider: alone.provider,
    startedAt,
    machine,
    seed,
    worker: { ...worker, batchMs: workerBatchMs },
    main: { requestMs, batchMs, handoverMs },
    wireMs: Math.max(0, latencyMs - requestMs - batchMs - workerMs),
    generatorMs,
    speeds,
    pace,
    memory,
    batching,
    texts: sizes,
  } satisfies ServingCosts);
}

async function measureAlone({ folder, texts, precision }: ServedBundle, seconds: number, seed: number) {
  progress('runs of the session');
  const predictor = await Predictor.open(await openBundle(folder), 1, {
    ...defaultSessionSettings,
    precision,
  });
  const { rowByRow, provider, tokenizer } = predictor;
  const some = texts.slice(0, mostTexts);
  const sizes = some.map((text) => ({ characters: text.length, ids: tokenizer.encode(text).length }));
  const idsOf = (length: number) =>
    Array.from({ length }, (_, place) => 1 + (place % (tokenizer.vocabularySize - 1)));
  const measured = await measureRuns({
    run: (rows, length) => predictor.run(Array.from({ length: rows }, () => ({ ids: idsOf(length) }))),
    rows: rowByRow ? [1] : [1, 2, 4, 8, 16],
    lengths: bucketLimits(Math.max(...sizes.map(({ ids }) => ids))),
    seconds,
    seed,
  });
  await predictor.close();
  let characters = 0;
  const before = process.cpuUsage();
  const endMs = performance.now() + 1000;
  while (performance.now() < endMs) {
    for (const text of some) {
      tokenizer.encode(text);
      characters += text.length;
    }
  }
  return { ...measured, tokenizeMsPerCharacter: processorMs(before) / characters, sizes, rowByRow, provider };
}

/** Bare sessions on one core, on two, on twice as many, …, and on all. */
async function measureSpeeds({ folder, texts, precision }: ServedBundle, seconds: number) {
  const cores = availableParallelism();
  const counts = [1];
  for (let busy = 2; busy < cores; busy *= 2) counts.push(busy);
  if (cores > 1) counts.push(cores);
  const sums = counts.map((busy) => ({ busy, texts: 0, processor: 0 }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const one of sums) {
      progress(`sessions on ${one.busy} core${one.busy === 1 ? '' : 's'}`);
      const loop = await startBareLoop({ folder, texts, precision, workers: one.busy });
      await loop.measure({ seconds: 1, kind: 'tokenised' });
      const before = process.cpuUsage();
      one.texts += ((await loop.measure({ seconds: seconds / turns, kind: 'tokenised' })) * seconds) / turns;
      one.processor += processorMs(before);
      await loop.close();
    }
  }
  // Texts a millisecond of processor time; no core is faster for it that another is busy.
  const [alone = NaN] = sums.map(({ texts: done, processor }) => done / processor);
  return sums.map(({ busy, texts: done, processor }) => ({
    busy,
    speed: Math.min(1, done / processor / alone),
  }));
}

async function measureServer(
  { served: { target }, textsFile }: ServedBundle,
  seconds: number,
  speedBesideOne: number,
) {
  const load = (duration: number, ...more: string[]) =>
    loadInChild(cli, [target.href, ...more, '--duration', String(duration), '--texts', textsFile]);
  const loop = async (connections: number): Promise<MeasuredLoop> => {
    progress(`served, ${connections} connection${connections === 1 ? '' : 's'}`);
    const before = await scrapeCounters(target);
    const report = await load(seconds / turns, '--connections', String(connections), '--warmup', '1');
    return { report, before, after: await scrapeCounters(target) };
  };
  const single: MeasuredLoop[] = [];
  const many: MeasuredLoop[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    single.push(await loop(1));
    many.push(await loop(manyConnections));
  }
  const rate = (generatorShare * sum(many.map(({ report }) => report.measured.requestsPerSecond))) / turns;
  progress(`served at ${rate.toFixed(0)} requests/s`);
  const before = await scrapeCounters(target);
  const report = await load(seconds, '--rate', rate.toFixed(1), '--max-lag', '1000');
  const paced = [{ report, before, after: await scrapeCounters(target) }];
  const last = many.at(-1)?.after;
  const memory = {
    serverBytes: last?.get('process_resident_memory_bytes') ?? 0,
    workerBytes: last?.get('retort_worker_resident_memory_bytes') ?? 0,
  };
  const { generatorCores, requestsPerSecond } = report.measured;
  return {
    server: serverCosts({ single, paced, many }, speedBesideOne),
    memory,
    generatorMs: (1000 * generatorCores) / requestsPerSecond,
  };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
