/** What a rewriting of a graph changed: in operators, size, memory, time and results. */
import type { Model } from '../../core/graph/ir.js';
import { tally } from '../../core/tally.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { describeMachine, type Machine } from '../../core/machine.js';
import { operatorName, profileAt, type Profile } from '../inspect/profile.js';
import { completed } from '../inspect/symbols.js';
import { caseOfFullRows } from '../optimize/validate/cases.js';
import { type InputKind, longestSequence, planInputs } from '../optimize/validate/input-kinds.js';
import type { Rewrite } from '../optimize/rule.js';
import { latencies, type Latency, type LatencyOptions } from './latency.js';

export interface Rewriting {
  readonly title: string;
  readonly before: Model;
  /** Of the file that was read; by default what the graph takes when it is written. */
  readonly beforeBytes?: number;
  readonly after: Model;
  readonly rewrites: readonly Rewrite[];
  readonly validation: ReportedValidation;
}

export interface ReportedValidation {
  /** Largest |difference| of an output. */
  readonly difference: number;
  /** null where it is relative, and was checked by whoever gives it. */
  readonly tolerance: number | null;
  /** On what it was found. */
  readonly cases: readonly string[];
}

export interface RewriteReport {
  readonly format: 1;
  readonly title: string;
  readonly createdAt: string;
  readonly before: GraphFigures;
  readonly after: GraphFigures;
  readonly operators: readonly {
    readonly operator: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** Rules that made a rewrite. */
  readonly rules: readonly { readonly rule: string; readonly times: number }[];
  readonly rewrites: readonly Rewrite[];
  readonly validation: ReportedValidation;
  readonly latency: { readonly threads: number; readonly cases: readonly Latency[] };
  readonly machine: Machine;
}

export interface GraphFigures {
  readonly opset: number;
  readonly irVersion: number;
  readonly bytes: number;
  readonly nodes: number;
  readonly profiles: readonly Pick<Profile, 'sizes' | 'flops' | 'bytes' | 'activations'>[];
}

export interface MeasureOptions extends LatencyOptions {
  readonly createdAt: Date;
  /** What inputs take, where their names do not tell. */
  readonly inputs: Readonly<Record<string, InputKind>>;
}

const shapes = [
  { rows: 1, length: 16 },
  { rows: 1, length: 64 },
  { rows: 8, length: 64 },
] as const;

/** Measures, and so takes a few seconds. @throws RetortError of the sessions; optimizer_inputs_unknown */
export async function measureRewriting(
  rewriting: Rewriting,
  options: MeasureOptions,
): Promise<RewriteReport> {
  const { title, before, after, rewrites, validation } = rewriting;
  const [had, has] = [encodeModel(before), encodeModel(after)];
  const plans = planInputs(before.graph, options.inputs);
  const longest = longestSequence(before.graph, plans) ?? Infinity;
  const cases = shapes
    .filter(({ length }) => length <= longest)
    .map(({ rows, length }) => caseOfFullRows(plans, rows, length));
  const [old, now] = [before, after].map(({ graph }) => tally(graph.nodes.map(operatorName)));
  return {
    format: 1,
    title,
    createdAt: options.createdAt.toISOString(),
    before: figuresOf(before, rewriting.beforeBytes ?? had.length),
    after: figuresOf(after, has.length),
    operators: Object.keys({ ...old, ...now })
      .sort()
      .map((operator) => ({ operator, before: old?.[operator] ?? 0, after: now?.[operator] ?? 0 })),
    rules: Object.entries(tally(rewrites.map(({ rule }) => rule))).map(([rule, times]) => ({ rule, times })),
    rewrites,
    validation,
    latency: { threads: options.threads, cases: await latencies(had, has, cases, options) },
    machine: describeMachine(),
  };
}

function figuresOf({ graph, opsets, irVersion }: Model, bytes: number): GraphFigures {
  return {
    opset: opsets.get('') ?? 0,
    irVersion,
    bytes,
    nodes: graph.nodes.length,
    profiles: shapes.map(({ rows, length }) => {
      const found = profileAt(graph, completed(graph, {}, length, rows), new Map());
      const { sizes, flops, bytes: moved, activations } = found;
      return { sizes, flops, bytes: moved, activations };
    }),
  };
}
