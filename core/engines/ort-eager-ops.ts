/**
 * Eager execution on ONNX Runtime: every op is a session of one node, run as soon as its inputs are there, so it has
 * the static graph's own kernels and none of its whole-graph work. Weights are inputs of such a session, which its kernel
 * packs at each run; those of the static graph are constants, packed once. What GraphOps emits for an op is what runs.
 */
import { GraphBuilder, type GraphValue } from '../graph/builder.js';
import { GraphOps } from '../graph/graph-ops.js';
import { encodeModel } from '../graph/onnx.js';
import type { LstmInputs, LstmOutputs, Ops } from '../ops.js';
import type { DType, Tensor } from '../tensor.js';
import type { ProfiledRun } from './runtime-profile.js';
import { openSession, type Session } from './session.js';

/** A value that is there or on its way. */
export type Eager = Promise<Tensor>;

export interface OrtEagerOptions {
  readonly intraOpThreads?: number;
  /** Records kernels and spans; ops then run one after another, so that a span is of one op alone. */
  readonly profiling?: boolean;
}

/** What an interpreter that profiles has seen. */
export interface EagerProfile {
  /** Milliseconds of each op's run as JavaScript sees it, in the order of the runs. */
  readonly spans: readonly number[];
  /** Of each one-op session, its runs. */
  readonly sessions: readonly (readonly ProfiledRun[])[];
}

export class OrtEagerOps implements Ops<Eager> {
  readonly #intraOpThreads: number;
  /** By op, its settings, and its inputs' dtypes and ranks: what a one-node graph depends on. */
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #profiling: boolean;
  readonly #spans: number[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor({ intraOpThreads = 1, profiling = false }: OrtEagerOptions = {}) {
    this.#intraOpThreads = intraOpThreads;
    this.#profiling = profiling;
  }

  constant(tensor: Tensor): Eager {
    return Promise.resolve(tensor);
  }

  add(a: Eager, b: Eager): Eager {
    return this.#one('add', [a, b], (ops, [x, y]) => ops.add(x, y));
  }
  sub(a: Eager, b: Eager): Eager {
    return this.#one('sub', [a, b], (ops, [x, y]) => ops.sub(x, y));
  }
  mul(a: Eager, b: Eager): Eager {
    return this.#one('mul', [a, b], (ops, [x, y]) => ops.mul(x, y));
  }
  div(a: Eager, b: Eager): Eager {
    return this.#one('div', [a, b], (ops, [x, y]) => ops.div(x, y));
  }
  neg(x: Eager): Eager {
    return this.#one('neg', [x], (ops, [a]) => ops.neg(a));
  }
  sqrt(x: Eager): Eager {
    return this.#one('sqrt', [x], (ops, [a]) => ops.sqrt(a));
  }
  exp(x: Eager): Eager {
    return this.#one('exp', [x], (ops, [a]) => ops.exp(a));
  }
  log(x: Eager): Eager {
    return this.#one('log', [x], (ops, [a]) => ops.log(a));
  }
  tanh(x: Eager): Eager {
    return this.#one('tanh', [x], (ops, [a]) => ops.tanh(a));
  }
  sigmoid(x: Eager): Eager {
    return this.#one('sigmoid', [x], (ops, [a]) => ops.sigmoid(a));
  }
  relu(x: Eager): Eager {
    return this.#one('relu', [x], (ops, [a]) => ops.relu(a));
  }
  erf(x: Eager): Eager {
    return this.#one('erf', [x], (ops, [a]) => ops.erf(a));
  }

  equal(a: Eager, b: Eager): Eager {
    return this.#one('equal', [a, b], (ops, [x, y]) => ops.equal(x, y));
  }
  less(a: Eager, b: Eager): Eager {
    return this.#one('less', [a, b], (ops, [x, y]) => ops.less(x, y));
  }
  where(condition: Eager, a: Eager, b: Eager): Eager {
    return this.#one('where', [condition, a, b], (ops, [c, x, y]) => ops.where(c, x, y));
  }
  cast(x: Eager, dtype: DType): Eager {
    return this.#one(`cast ${dtype}`, [x], (ops, [a]) => ops.cast(a, dtype));
  }

  matMul(a: Eager, b: Eager): Eager {
    return this.#one('matMul', [a, b], (ops, [x, y]) => ops.matMul(x, y));
  }
  softmax(x: Eager, axis: number): Eager {
    return this.#one(`softmax ${String(axis)}`, [x], (ops, [a]) => ops.softmax(a, axis));
  }
  logSoftmax(x: Eager, axis: number): Eager {
    return this.#one(`logSoftmax ${String(axis)}`, [x], (ops, [a]) => ops.logSoftmax(a, axis));
  }
  layerNormalization(x: Eager, scale: Eager, bias: Eager, epsilon: number): Eager {
    return this.#one(`layerNormalization ${String(epsilon)}`, [x, scale, bias], (ops, [a, s, b]) =>
      ops.layerNormalization(a, s, b, epsilon),
    );
  }

  gather(data: Eager, indices: Eager, axis: number): Eager {
    return this.#one(`gather ${String(axis)}`, [data, indices], (ops, [d, i]) => ops.gather(d, i, axis));
  }
  reshape(x: Eager, shape: readonly number[]): Eager {
    return this.#one(`reshape ${shape.join()}`, [x], (ops, [a]) => ops.reshape(a, shape));
  }
  transpose(x: Eager, permutation: readonly number[]): Eager {
    return this.#one(`transpose ${permutation.join()}`, [x], (ops, [a]) => ops.transpose(a, permutation));
  }
  concat(xs: readonly Eager[], axis: number): Eager {
    return this.#one(`concat ${String(axis)}`, xs, (ops, values) => ops.concat(values, axis));
  }
  slice(x: Eager, axis: number, start: number, end: number): Eager {
    return this.#one(`slice ${[axis, start, end].join()}`, [x], (ops, [a]) => ops.slice(a, axis, start, end));
  }
  split(x: Eager, axis: number, sizes: readonly number[]): Eager[] {
    const parts = this.#run(`split ${String(axis)} ${sizes.join()}`, [x], (ops, [a]) =>
      ops.split(given(a), axis, sizes),
    );
    return sizes.map(async (_, index) => given((await parts)[index]));
  }
  unsqueeze(x: Eager, axes: readonly number[]): Eager {
    return this.#one(`unsqueeze ${axes.join()}`, [x], (ops, [a]) => ops.unsqueeze(a, axes));
  }
  squeeze(x: Eager, axes: readonly number[]): Eager {
    return this.#one(`squeeze ${axes.join()}`, [x], (ops, [a]) => ops.squeeze(a, axes));
  }
  shape(x: Eager): Eager {
    return this.#one('shape', [x], (ops, [a]) => ops.shape(a));
  }
  expand(x: Eager, shape: Eager): Eager {
    return this.#one('expand', [x, shape], (ops, [a, s]) => ops.expand(a, s));
  }
  cumSum(x: Eager, axis: number): Eager {
    return this.#one(`cumSum ${String(axis)}`, [x], (ops, [a]) => ops.cumSum(a, axis));
  }

  reduceSum(x: Eager, axes: readonly number[], keepDims: boolean): Eager {
    return this.#one(`reduceSum ${axes.join()} ${String(keepDims)}`, [x], (ops, [a]) =>
      ops.reduceSum(a, axes, keepDims),
    );
  }
  reduceMean(x: Eager, axes: readonly number[], keepDims: boolean): Eager {
    return this.#one(`reduceMean ${axes.join()} ${String(keepDims)}`, [x], (ops, [a]) =>
      ops.reduceMean(a, axes, keepDims),
    );
  }
  reduceMax(x: Eager, axes: readonly number[], keepDims: boolean): Eager {
    return this.#one(`reduceMax ${axes.join()} ${String(keepDims)}`, [x], (ops, [a]) =>
      ops.reduceMax(a, axes, keepDims),
    );
  }

  reverseSequence(x: Eager, lengths: Eager): Eager {
    return this.#one('reverseSequence', [x, lengths], (ops, [a, l]) => ops.reverseSequence(a, l));
  }
  lstm(
    { x, weight, recurrence, bias, lengths }: LstmInputs<Eager>,
    hidden: number,
    directions: 1 | 2,
  ): LstmOutputs<Eager> {
    const inputs = [x, weight, recurrence, bias, lengths];
    const results = this.#run(
      `lstm ${String(hidden)} ${String(directions)}`,
      inputs,
      (ops, [a, w, r, b, l]) => {
        const out = ops.lstm(
          { x: given(a), weight: given(w), recurrence: given(r), bias: given(b), lengths: given(l) },
          hidden,
          directions,
        );
        return [out.y, out.lastHidden, out.lastCell];
      },
    );
    const at = async (index: number) => given((await results)[index]);
    return { y: at(0), lastHidden: at(1), lastCell: at(2) };
  }

  /** What was recorded so far; the recording ends. */
  async endProfiling(): Promise<EagerProfile> {
    const sessions = await Promise.all(this.#sessions.values());
    return {
      spans: this.#spans,
      sessions: await Promise.all(sessions.map((session) => session.endProfiling())),
    };
  }

  async close(): Promise<void> {
    const sessions = await Promise.all(this.#sessions.values());
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  async #one(
    op: string,
    inputs: readonly Eager[],
    emit: (ops: GraphOps, values: Values) => GraphValue,
  ): Eager {
    const results = await this.#run(op, inputs, (ops, values) => [emit(ops, values as Values)]);
    return given(results[0]);
  }

  /** @param op names the op with everything that its one-node graph depends on besides the inputs */
  async #run(
    op: string,
    inputs: readonly Eager[],
    emit: (ops: GraphOps, values: readonly GraphValue[]) => readonly GraphValue[],
  ): Promise<Tensor[]> {
    const tensors = await Promise.all(inputs);
    const key = `${op} ${tensors.map(({ dtype, shape }) => `${dtype}/${String(shape.length)}`).join(' ')}`;
    let opening = this.#sessions.get(key);
    if (opening === undefined) {
      opening = this.#open(tensors, emit);
      this.#sessions.set(key, opening);
    }
    const session = await opening;
    const feeds = Object.fromEntries(tensors.map((tensor, index) => [`in${String(index)}`, tensor]));
    const results = await (this.#profiling ? this.#inTurn(session, feeds) : session.run(feeds));
    return session.outputs.map((name) => given(results[name]));
  }

  #inTurn(
    session: Session,
    feeds: Readonly<Record<string, Tensor>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const run = this.#last.then(async () => {
      const started = performance.now();
      const results = await session.run(feeds);
      this.#spans.push(performance.now() - started);
      return results;
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  #open(
    tensors: readonly Tensor[],
    emit: (ops: GraphOps, values: readonly GraphValue[]) => readonly GraphValue[],
  ): Promise<Session> {
    const builder = new GraphBuilder('eager');
    const values = tensors.map(({ dtype, shape }, index) =>
      builder.input(
        `in${String(index)}`,
        dtype,
        shape.map((_dimension, axis) => `d${String(index)}_${String(axis)}`),
      ),
    );
    emit(new GraphOps(builder), values).forEach((value, index) => {
      builder.output(`out${String(index)}`, value);
    });
    return openSession(encodeModel({ graph: builder.build() }), {
      intraOpThreads: this.#intraOpThreads,
      profiling: this.#profiling,
    });
  }
}

/** As many values as the op was given inputs; each op destructures what it passed. */
type Values = [GraphValue, GraphValue, GraphValue, ...GraphValue[]];

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('an eager op gave fewer values than it has outputs');
  return value;
}
