/** From a model to one that computes the same with fewer and faster operators. */
import { fail } from '../../core/errors.js';
import { checkedGraph } from '../../core/graph/order.js';
import type { Model, Node } from '../../core/graph/ir.js';
import { applyRules } from './apply-rules.js';
import { GraphEditor } from './editor.js';
import { foldConstants } from './passes/fold-constants.js';
import { mergeConstants } from './passes/merge-constants.js';
import { type Pass, type PassOutcome, type Setting, Steps, type Target } from './rule.js';
import { cleaningRules, latencyRules, type ListedRule, rulesFor } from './rules.js';
import { takeOne } from './rules/take-one.js';

export interface OptimizeOptions {
  readonly target: Target;
  /** Whether com.microsoft operators may be used. */
  readonly contrib: boolean;
  /** Rules that are off on the target and are wanted, and the other way round. */
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
  /** Whether the fused graph is put into the form that runs fastest on CPU, with more and plainer operators. */
  readonly latency?: boolean;
  /** How many rewrites may be made; all by default. */
  readonly steps?: number;
  /** Constants that are known by name, so that equal ones are not made one. */
  readonly parameters?: readonly string[];
}

export const defaultOptions: OptimizeOptions = { target: 'cpu', contrib: true, enabled: [], disabled: [] };

export interface Optimized extends PassOutcome {
  readonly model: Model;
  /** What each pass left, in order. */
  readonly passes: readonly {
    readonly name: string;
    readonly nodes: number;
    readonly milliseconds: number;
  }[];
}

/** Of the standard domain: older files have operators with other inputs, newer ones the runtime does not read. */
export const opsetWindow = { oldest: 7, newest: 26 } as const;
const newestIrVersion = 13;

/** @throws RetortError graph_name_duplicated, graph_value_missing, graph_cyclic, opset_outside, optimizer_rule_unknown, optimizer_stuck */
export async function optimizeModel(
  model: Model,
  options: OptimizeOptions = defaultOptions,
): Promise<Optimized> {
  const setting = settingOf(model, options);
  const steps = new Steps(options.steps);
  const editor = new GraphEditor(checkedGraph(model.graph));
  const rewrites: PassOutcome['rewrites'][number][] = [];
  const refusals: PassOutcome['refusals'][number][] = [];
  const passes: Optimized['passes'][number][] = [];
  for (const pass of passesOf(model, setting, steps, rulesFor(setting, options), options)) {
    const start = performance.now();
    const outcome = await pass.run(editor);
    rewrites.push(...outcome.rewrites);
    refusals.push(...outcome.refusals);
    const milliseconds = performance.now() - start;
    passes.push({ name: pass.name, nodes: editor.nodes().length, milliseconds });
  }
  const graph = editor.build();
  const opsets = new Map(model.opsets);
  if (graph.nodes.some(({ domain }) => domain === 'com.microsoft') && !opsets.has('com.microsoft'))
    opsets.set('com.microsoft', 1);
  const irVersion = Math.min(model.irVersion, newestIrVersion);
  return { model: { ...model, graph, opsets, irVersion }, rewrites, refusals, passes };
}

/** The list of passes. */
function passesOf(
  { opsets, irVersion }: Model,
  setting: Setting,
  steps: Steps,
  rules: readonly ListedRule[],
  { parameters, latency }: OptimizeOptions,
): Pass[] {
  const on = rules.filter(({ isOn }) => isOn).map(({ rule }) => rule);
  const wanted = cleaningRules.filter((rule) => on.includes(rule));
  const kept = new Set(parameters);
  // `first-token` splits what `take-one` joins.
  const arranging = [...latencyRules, ...wanted.filter((rule) => rule !== takeOne)];
  return [
    foldConstants(opsets, irVersion, steps),
    mergeConstants(kept, steps),
    { name: 'clean', run: (editor) => applyRules(editor, wanted, setting, steps) },
    foldConstants(opsets, irVersion, steps),
    { name: 'fuse', run: (editor) => applyRules(editor, on, setting, steps) },
    foldConstants(opsets, irVersion, steps),
    ...(latency === true
      ? [{ name: 'for latency', run: (editor: GraphEditor) => applyRules(editor, arranging, setting, steps) }]
      : []),
    mergeConstants(kept, steps),
  ];
}

function settingOf({ opsets, graph }: Model, { target, contrib }: OptimizeOptions): Setting {
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
  const usesStandard = graph.nodes.some(({ domain }: Node) => domain === '');
  if (usesStandard && (opset < opsetWindow.oldest || opset > opsetWindow.newest))
    throw fail('opset_outside', { opset, stage: 'the optimizer', ...opsetWindow });
  return { target, opset, contrib };
}
