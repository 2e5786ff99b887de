/** What a training step costs, part by part, on batches of random ids. */
import { describeMachine } from '../../core/machine.js';
import { pairedRatio } from '../../core/statistics.js';
import type { BoundNetwork } from '../../models/networks.js';
import type { EncodedExample } from '../batching.js';
import { Evaluator } from '../evaluation.js';
import { Optimizer } from '../optimizers/optimizer.js';
import { type OptimizerName, optimizers } from '../optimizers/optimizers.js';
import { ParameterStore } from '../parameters.js';
import { randomStream } from '../random.js';
import { type StepSettings, TrainingStep } from '../step.js';
import type { Peer } from './peer.js';
import { STEP_BENCH_FORMAT, type StepBench } from './step-report.js';

export interface StepBenchOptions extends StepSettings {
  readonly name: string;
  readonly network: BoundNetwork;
  readonly vocabularySize: number;
  readonly optimizer: OptimizerName;
  readonly batchSize: number;
  /** Of the longest row; the others' lengths are spread evenly from half of it on, as in length-sorted batches. */
  readonly length: number;
  readonly steps: number;
  readonly seed: number;
  /** The same step in PyTorch; null: not measured. */
  readonly openPeer: ((lengths: readonly number[]) => Promise<Peer>) | null;
  readonly onProgress: (done: number) => void;
}

/** Steps before the first that is timed: memory is planned, slots are made. */
const warmupSteps = 3;

export async function benchStep(options: StepBenchOptions): Promise<StepBench> {
  const { network, steps, seed, batchSize, length, intraOpThreads } = options;
  const machine = describeMachine();
  const parameters = ParameterStore.initialize(network.parameters, seed);
  const rule = optimizers[options.optimizer];
  const step = await TrainingStep.open(network, parameters, new Optimizer(rule.rule()), options);
  const evaluator = await Evaluator.open(network, parameters, intraOpThreads);
  const peer = (await options.openPeer?.(rowLengths(options))) ?? null;
  const peerTimes: number[] = [];
  const times = { forward: [] as number[], gradients: [] as number[], update: [] as number[] };
  const words: number[] = [];
  try {
    for (let index = -warmupSteps; index < steps; index += 1) {
      const rows = randomRows(options, index + warmupSteps);
      const begin = performance.now();
      await evaluator.logits(rows, batchSize);
      const evaluated = performance.now();
      const result = await step.gradients(rows, randomStream(seed, 'dropout', index + warmupSteps));
      const differentiated = performance.now();
      step.update(result, rule.learningRate);
      const updated = performance.now();
      const theirs = await peer?.step();
      options.onProgress(index + 1);
      if (index < 0) continue;
      times.forward.push(evaluated - begin);
      times.gradients.push(differentiated - evaluated);
      times.update.push(updated - differentiated);
      if (theirs !== undefined) peerTimes.push(theirs);
      words.push(rows.reduce((sum, { ids }) => sum + ids.length, 0));
    }
  } finally {
    await step.close();
    await evaluator.close();
    await peer?.close();
  }
  const perWord = (milliseconds: readonly number[]) =>
    pairedRatio(
      milliseconds.map((time) => 1000 * time),
      words,
      { seed },
    );
  const whole = times.gradients.map((time, index) => time + (times.update[index] ?? 0));
  return {
    format: STEP_BENCH_FORMAT,
    network: options.name,
    parameters: network.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    microsecondsPerWord: {
      forward: perWord(times.forward),
      gradients: perWord(times.gradients),
      update: perWord(times.update),
      step: perWord(whole),
    },
    wordsPerSecond: 1e6 / perWord(whole).estimate,
    pytorch:
      peer === null
        ? null
        : {
            version: peer.version,
            wordsPerSecond: 1e6 / perWord(peerTimes).estimate,
            timeOverOurs: pairedRatio(peerTimes, whole, { seed }),
          },
    largestResidentBytes: process.resourceUsage().maxRSS * 1024,
    batchSize,
    microBatchSize: options.microBatchSize,
    length,
    steps,
    optimizer: options.optimizer,
    dropout: options.dropout,
    threads: intraOpThreads,
    seed,
    machine,
  };
}

function rowLengths({ batchSize, length }: StepBenchOptions): number[] {
  return Array.from({ length: batchSize }, (_, row) =>
    Math.max(1, Math.round(length * (1 - row / (2 * batchSize)))),
  );
}

function randomRows(options: StepBenchOptions, step: number): EncodedExample[] {
  const { vocabularySize, seed } = options;
  const random = randomStream(seed, 'benchmark', step);
  return rowLengths(options).map((words, row) => {
    const ids = Array.from({ length: words }, () => random.below(vocabularySize));
    return { ids, ...(row % 2 === 0 ? { label: 0, targets: [1, 0] } : { label: 1, targets: [0, 1] }) };
  });
}
