/** Accuracy of a network on labelled examples, by its forward graph on ONNX Runtime. */
import { argmax } from '../core/probabilities.js';
import { openSession, type Session } from '../core/engines/session.js';
import { encodeModel } from '../core/graph/onnx.js';
import type { BoundNetwork } from '../models/networks.js';
import { staticGraph } from '../models/static-graph.js';
import { batchInputs, type EncodedExample, sortedBatches } from './batching.js';
import type { ParameterStore } from './parameters.js';

export interface Score {
  readonly rows: number;
  readonly correct: number;
  readonly accuracy: number;
}

/** Places that two figures are wanted of: all examples, and those that a filter keeps. */
export interface EvaluationResult {
  readonly all: Score;
  readonly kept: Score;
}

export class Evaluator {
  readonly #session: Session;
  readonly #parameters: ParameterStore;

  private constructor(session: Session, parameters: ParameterStore) {
    this.#session = session;
    this.#parameters = parameters;
  }

  static async open(
    network: BoundNetwork,
    parameters: ParameterStore,
    intraOpThreads: number,
  ): Promise<Evaluator> {
    const model = encodeModel({ graph: staticGraph(network, 'inputs') });
    const session = await openSession(model, { intraOpThreads, spinning: true });
    return new Evaluator(session, parameters);
  }

  /** Logits [classes] of each example, in order. */
  async logits(examples: readonly EncodedExample[], batchSize: number): Promise<Float32Array[]> {
    const found = new Array<Float32Array>(examples.length);
    for (const places of sortedBatches(examples, batchSize)) {
      const rows = places.flatMap((place) => examples[place] ?? []);
      const { logits } = await this.#session.run({ ...this.#parameters.feeds(), ...batchInputs(rows) });
      if (logits?.dtype !== 'float32') throw new RangeError('the network gave no float32 logits');
      const classes = logits.data.length / rows.length;
      places.forEach((place, row) => {
        found[place] = logits.data.slice(row * classes, (row + 1) * classes);
      });
    }
    return found;
  }

  /** @param keep places in `examples` for the second score */
  async evaluate(
    examples: readonly EncodedExample[],
    keep: ReadonlySet<number>,
    batchSize: number,
  ): Promise<EvaluationResult> {
    const logits = await this.logits(examples, batchSize);
    const right = examples.map(({ label }, place) => argmax(logits[place] ?? new Float32Array()) === label);
    return { all: score(right), kept: score(right.filter((_, place) => keep.has(place))) };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

function score(right: readonly boolean[]): Score {
  const correct = right.filter(Boolean).length;
  return { rows: right.length, correct, accuracy: right.length === 0 ? 0 : correct / right.length };
}
