/**
 * The LSTM's gradient: back-propagation through time as a Scan.
 *
 * Forward, per step (Hochreiter and Schmidhuber 1997, without peepholes; gates in ONNX's order):
 *   i, o, f = sigmoid(x W^T + h R^T + b)    g = tanh(x W^T + h R^T + b)
 *   c' = f c + i g                          h' = o tanh(c')
 * The LSTM operator yields neither gates nor cell states, so the forward node becomes a Scan that does; the products
 * with W, which do not depend on the recurrence, are one matrix product over all steps.
 *
 * Backward, per step, with dh and dc arriving from the step after:
 *   dc += dh o (1 - tanh(c')^2)
 *   di = dc g i (1 - i)   do = dh tanh(c') o (1 - o)   df = dc c f (1 - f)   dg = dc i (1 - g^2)
 *   dh_before = [di do df dg] R             dc_before = dc f
 *
 * Lengths need no masks: what a row computes past its length is never read. Its last state is gathered at its last
 * step, and in the backward scan the gradient enters there, so every gradient past it is zero.
 */
import type { GraphBuilder, GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import { int, ints } from '../../../core/graph/attributes.js';
import type { Dimension, Graph } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';
import { type BackwardContext, type GradientRule, type NodeContext, required } from '../rule.js';
import { knownShape } from '../shapes.js';
import { sumOfRows } from '../unbroadcast.js';
import { scalar } from './elementwise.js';

export const lstmRule: GradientRule = {
  opType: 'LSTM',

  forward(context) {
    const { ops } = context;
    const sizes = sizesOf(context);
    const lengths = ops.cast(required(context.inputs, 4), 'int64');
    const sweeps = Array.from({ length: sizes.directions }, (_, direction) =>
      sweepForward(context, direction, lengths),
    );
    const saved: Record<string, GraphValue> = {};
    sweeps.forEach((sweep, direction) => {
      for (const [name, value] of Object.entries<GraphValue>({ ...sweep }))
        saved[`${name}${String(direction)}`] = value;
    });
    const last = lastStep(context, lengths);
    const lastOf = (name: 'h' | 'c') =>
      ops.concat(
        sweeps.map((sweep) => {
          const flat = ops.reshape(sweep[name], [-1, sizes.hidden]); // [time * batch, hidden]
          return ops.unsqueeze(ops.gather(flat, last, 0), [0]);
        }),
        0,
      );
    const within = validSteps(context, lengths);
    const y = sweeps.map((sweep, direction) =>
      ops.unsqueeze(unreversed(ops, ops.mul(sweep.h, within), lengths, direction), [1]),
    );
    return { outputs: [ops.concat(y, 1), lastOf('h'), lastOf('c')], saved };
  },

  backward(context) {
    const { ops, inputs, gradients } = context;
    const { directions } = sizesOf(context);
    const lengths = ops.cast(required(inputs, 4), 'int64');
    const atLast = stepMask(context, lengths, (step, length) =>
      ops.equal(step, ops.sub(length, ops.constant(int64([1], [])))),
    );
    const sweeps = Array.from({ length: directions }, (_, direction) =>
      sweepBackward(context, direction, lengths, atLast),
    );
    const stacked = (name: 'weight' | 'recurrence' | 'bias') =>
      ops.concat(
        sweeps.map((sweep) => sweep[name]),
        0,
      );
    const x = sweeps.map((sweep) => sweep.x).reduce((a, b) => ops.add(a, b));
    const present = [x, stacked('weight'), stacked('recurrence'), stacked('bias'), null];
    if (gradients.every((gradient) => gradient === null)) return present.map(() => null);
    return present;
  },
};

interface Sizes {
  readonly directions: number;
  readonly hidden: number;
  readonly input: number;
  readonly batch: Dimension;
}

function sizesOf({ inputs }: NodeContext): Sizes {
  const [directions, , hidden] = knownShape(required(inputs, 2));
  const [, batch, input] = knownShape(required(inputs, 0));
  if (typeof directions !== 'number' || typeof hidden !== 'number' || typeof input !== 'number') {
    throw new RangeError('an LSTM needs weights of known sizes');
  }
  return { directions, hidden, input, batch: batch ?? null };
}

/** One direction's slice of a stacked parameter, without the direction axis. */
function ofDirection(ops: GraphOps, value: GraphValue, direction: number): GraphValue {
  return ops.squeeze(ops.slice(value, 0, direction, direction + 1), [0]);
}

/** x as the direction reads it: for the reverse one each row's valid steps turned round. Its own inverse. */
function unreversed(ops: GraphOps, value: GraphValue, lengths: GraphValue, direction: number): GraphValue {
  return direction === 0 ? value : ops.reverseSequence(value, lengths);
}

/** float [time, batch, 1]: 1 where `holds` of the step's index and the row's length. */
function stepMask(
  { builder, ops, inputs }: NodeContext,
  lengths: GraphValue,
  holds: (step: GraphValue, length: GraphValue) => GraphValue,
): GraphValue {
  const time = ops.gather(ops.shape(required(inputs, 0)), ops.constant(int64([0], [])), 0);
  const steps = range(builder, ops, time);
  return ops.unsqueeze(
    ops.cast(holds(ops.unsqueeze(steps, [1]), ops.unsqueeze(lengths, [0])), 'float32'),
    [2],
  );
}

/** float [time, batch, 1]: 1 up to the row's length, 0 past it. */
function validSteps(context: NodeContext, lengths: GraphValue): GraphValue {
  return stepMask(context, lengths, (step, length) => context.ops.less(step, length));
}

/** int64 [batch]: where each row's last valid step lies among the time * batch rows of a sweep. */
function lastStep({ builder, ops, inputs }: NodeContext, lengths: GraphValue): GraphValue {
  const batch = ops.gather(ops.shape(required(inputs, 0)), ops.constant(int64([1], [])), 0);
  const before = ops.mul(ops.sub(lengths, ops.constant(int64([1], []))), batch);
  return ops.add(before, range(builder, ops, batch));
}

function range(builder: GraphBuilder, ops: GraphOps, end: GraphValue): GraphValue {
  return required(
    builder.node('Range', [ops.constant(int64([0], [])), end, ops.constant(int64([1], []))]),
    0,
  );
}

interface Sweep {
  /** [time, batch, input], turned round for the reverse direction */
  readonly x: GraphValue;
  /** [time, batch, 3 * hidden]: i, o, f after the sigmoid */
  readonly gates: GraphValue;
  /** [time, batch, hidden] each, from here on */
  readonly g: GraphValue;
  readonly tanhC: GraphValue;
  readonly c: GraphValue;
  readonly h: GraphValue;
  /** the states before the step */
  readonly cBefore: GraphValue;
  readonly hBefore: GraphValue;
}

function sweepForward(context: NodeContext, direction: number, lengths: GraphValue): Sweep {
  const { builder, ops, inputs } = context;
  const { hidden, input, batch } = sizesOf(context);
  const x = unreversed(ops, required(inputs, 0), lengths, direction);
  const weight = ofDirection(ops, required(inputs, 1), direction); // [4*hidden, input]
  const recurrence = ops.transpose(ofDirection(ops, required(inputs, 2), direction), [1, 0]); // [hidden, 4*hidden]
  const bias = ofDirection(ops, required(inputs, 3), direction); // [8*hidden]
  const bothBiases = ops.reduceSum(ops.reshape(bias, [2, 4 * hidden]), [0], false);
  const rows = ops.reshape(x, [-1, input]); // [time * batch, input]
  const projected = required(
    builder.node('Gemm', [rows, weight, bothBiases], { attributes: { transB: int(1) } }),
    0,
  );
  const time = ops.shape(x);
  const perStep = builder.assume(
    required(
      builder.node('Reshape', [
        projected,
        ops.concat([ops.slice(time, 0, 0, 2), ops.constant(int64([4 * hidden]))], 0),
      ]),
      0,
    ),
    { dtype: 'float32', shape: [knownShape(x)[0] ?? null, batch, 4 * hidden] },
  );
  const zero = zeroState(builder, ops, x, hidden, batch);
  const outputs = builder.node('Scan', [zero, zero, perStep], {
    outputs: 9,
    attributes: {
      body: { kind: 'graph', value: forwardStep(builder, recurrence, hidden, batch) },
      num_scan_inputs: int(1),
    },
  });
  const steps = { dtype: 'float32', shape: [knownShape(x)[0] ?? null, batch, hidden] } as const;
  const at = (index: number) => builder.assume(required(outputs, index), steps);
  const gates = builder.assume(required(outputs, 2), {
    ...steps,
    shape: [...steps.shape.slice(0, 2), 3 * hidden],
  });
  return { x, gates, g: at(3), tanhC: at(4), c: at(5), h: at(6), cBefore: at(7), hBefore: at(8) };
}

/** One step: states h, c and the projected input in; states, and what the backward sweep reads, out. */
function forwardStep(outer: GraphBuilder, recurrence: GraphValue, hidden: number, batch: Dimension): Graph {
  const builder = outer.subgraph('lstm_step');
  const ops = new GraphOps(builder);
  const h = builder.input(builder.unique('h_before'), 'float32', [batch, hidden]);
  const c = builder.input(builder.unique('c_before'), 'float32', [batch, hidden]);
  const projected = builder.input(builder.unique('projected'), 'float32', [batch, 4 * hidden]);
  const before = ops.add(projected, ops.matMul(h, recurrence));
  const [beforeGates, beforeCell] = ops.split(before, 1, [3 * hidden, hidden]);
  const gates = ops.sigmoid(required([beforeGates ?? null], 0));
  const g = ops.tanh(required([beforeCell ?? null], 0));
  const [i, o, f] = thirds(ops, gates, hidden);
  const cell = ops.add(ops.mul(f, c), ops.mul(i, g));
  const tanhC = ops.tanh(cell);
  const state = ops.mul(o, tanhC);
  const copy = (value: GraphValue) => required(builder.node('Identity', [value]), 0);
  [state, cell, gates, g, tanhC, copy(cell), copy(state), copy(c), copy(h)].forEach((value) => {
    builder.output(builder.unique('out'), value);
  });
  return builder.build();
}

interface SweepGradients {
  readonly x: GraphValue;
  readonly weight: GraphValue;
  readonly recurrence: GraphValue;
  readonly bias: GraphValue;
}

function sweepBackward(
  context: BackwardContext,
  direction: number,
  lengths: GraphValue,
  atLast: GraphValue,
): SweepGradients {
  const { builder, ops, inputs, gradients, saved } = context;
  const { hidden, input, batch } = sizesOf(context);
  const kept = (name: keyof Sweep) => required([saved[`${name}${String(direction)}`] ?? null], 0);
  const x = kept('x');
  const recurrence = ofDirection(ops, required(inputs, 2), direction); // [4*hidden, hidden]
  const zero = zeroState(builder, ops, x, hidden, batch);
  const [dy, dLastHidden, dLastCell] = gradients;
  const arriving = { h: dLastHidden, c: dLastCell };
  const dLast = {
    h: arriving.h == null ? null : ofDirection(ops, arriving.h, direction),
    c: arriving.c == null ? null : ofDirection(ops, arriving.c, direction),
  };
  const dySweep = dy == null ? null : sweepOutputGradient(context, direction, lengths, dy);
  const scanned = [
    kept('gates'),
    kept('g'),
    kept('tanhC'),
    kept('cBefore'),
    atLast,
    ...(dySweep === null ? [] : [dySweep]),
  ];
  const body = backwardStep(builder, { recurrence, hidden, batch, dLast, hasDy: dySweep !== null });
  const outputs = builder.node('Scan', [zero, zero, ...scanned], {
    outputs: 3,
    attributes: {
      body: { kind: 'graph', value: body },
      num_scan_inputs: int(scanned.length),
      scan_input_directions: ints(scanned.map(() => 1)),
      scan_output_directions: ints([1]),
    },
  });
  const dGates = ops.reshape(
    builder.assume(required(outputs, 2), {
      dtype: 'float32',
      shape: [knownShape(x)[0] ?? null, batch, 4 * hidden],
    }),
    [-1, 4 * hidden],
  ); // [time * batch, 4*hidden]
  const product = (rows: GraphValue) =>
    ops.unsqueeze(required(builder.node('Gemm', [dGates, rows], { attributes: { transA: int(1) } }), 0), [0]);
  const dBias = sumOfRows(ops, dGates);
  const weight = ofDirection(ops, required(inputs, 1), direction); // [4*hidden, input]
  const dx = required(builder.node('Reshape', [ops.matMul(dGates, weight), ops.shape(x)]), 0);
  return {
    x: unreversed(ops, builder.assume(dx, x.type), lengths, direction),
    weight: product(ops.reshape(x, [-1, input])),
    recurrence: product(ops.reshape(kept('hBefore'), [-1, hidden])),
    bias: ops.unsqueeze(ops.concat([dBias, dBias], 0), [0]),
  };
}

/** The gradient of one direction's outputs as its sweep made them; past a row's length they are the constant 0. */
function sweepOutputGradient(
  context: BackwardContext,
  direction: number,
  lengths: GraphValue,
  dy: GraphValue,
): GraphValue {
  const { ops } = context;
  const own = ops.squeeze(ops.slice(dy, 1, direction, direction + 1), [1]);
  return ops.mul(unreversed(ops, own, lengths, direction), validSteps(context, lengths));
}

interface BackwardStep {
  readonly recurrence: GraphValue;
  readonly hidden: number;
  readonly batch: Dimension;
  readonly dLast: { readonly h: GraphValue | null; readonly c: GraphValue | null };
  readonly hasDy: boolean;
}

function backwardStep(outer: GraphBuilder, { recurrence, hidden, batch, dLast, hasDy }: BackwardStep): Graph {
  const builder = outer.subgraph('lstm_gradient_step');
  const ops = new GraphOps(builder);
  const input = (name: string, width: number) =>
    builder.input(builder.unique(name), 'float32', [batch, width]);
  const dhAfter = input('dh', hidden);
  const dcAfter = input('dc', hidden);
  const gates = input('gates', 3 * hidden);
  const g = input('g', hidden);
  const tanhC = input('tanh_c', hidden);
  const cBefore = input('c_before', hidden);
  const atLast = input('at_last', 1);
  const entering = (after: GraphValue, last: GraphValue | null) =>
    last === null ? after : ops.add(after, ops.mul(atLast, last));
  const dhState = entering(dhAfter, dLast.h);
  const dh = hasDy ? ops.add(dhState, input('dy', hidden)) : dhState;
  const one = scalar(ops, 1);
  const [i, o, f] = thirds(ops, gates, hidden);
  const throughTanh = ops.mul(o, ops.sub(one, ops.mul(tanhC, tanhC)));
  const dc = ops.add(entering(dcAfter, dLast.c), ops.mul(dh, throughTanh));
  const slopes = ops.mul(gates, ops.sub(one, gates));
  const dGates = ops.mul(ops.concat([ops.mul(dc, g), ops.mul(dh, tanhC), ops.mul(dc, cBefore)], 1), slopes);
  const dCell = ops.mul(ops.mul(dc, i), ops.sub(one, ops.mul(g, g)));
  const all = ops.concat([dGates, dCell], 1); // [batch, 4*hidden]
  builder.output(builder.unique('dh_before'), ops.matMul(all, recurrence));
  builder.output(builder.unique('dc_before'), ops.mul(dc, f));
  builder.output(builder.unique('d_gates'), required(builder.node('Identity', [all]), 0));
  return builder.build();
}

/** The gates i, o and f of [batch, 3 * hidden]. */
function thirds(
  ops: GraphOps,
  gates: GraphValue,
  hidden: number,
): readonly [GraphValue, GraphValue, GraphValue] {
  const [i, o, f] = ops.split(gates, 1, [hidden, hidden, hidden]);
  return [required([i ?? null], 0), required([o ?? null], 0), required([f ?? null], 0)];
}

/** float32 [batch, hidden] of zeros, for the batch that x [time, batch, input] has. */
function zeroState(
  builder: GraphBuilder,
  ops: GraphOps,
  x: GraphValue,
  hidden: number,
  batch: Dimension,
): GraphValue {
  const shape = ops.concat([ops.slice(ops.shape(x), 0, 1, 2), ops.constant(int64([hidden]))], 0);
  const zeros = builder.node('ConstantOfShape', [shape], {
    attributes: { value: { kind: 'tensor', value: float32([0]) } },
  });
  return builder.assume(required(zeros, 0), { dtype: 'float32', shape: [batch, hidden] });
}
