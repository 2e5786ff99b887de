/** From a model to one that computes the same with fewer and faster operators. */
import { fail } from '../../core/errors.js';
import { checkedGraph } from '../../core/graph/order.js';
import type { Model, Node } from '../../core/graph/ir.js';
import { convert, opsetOf, withOpset } from '../opset/convert.js';
import { applyRules } from './apply-rules.js';
import { withContribDomain } from './contrib-domain.js';
import { GraphEditor } from './editor.js';
import type { OpenSizes } from './named-inputs.js';
import { foldConstants } from './passes/fold-constants.js';
import { mergeConstants } from './passes/merge-constants.js';
import { type Pass, type PassOutcome, type Rule, type Setting, Steps, type Target } from './rule.js';
import { raisedForKernels } from './kernel-opset.js';
import { cleaningRules, kernelRules, latencyRules, type ListedRule, rulesFor } from './rules.js';
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
  /** Of the standard domain, in what is written; the model's own by default, or a newer one that the form for latency needs. */
  readonly opset?: number;
  /** Of what is written; the model's own by default, or what the opset asks for. */
  readonly irVersion?: number;
  /** How many rewrites may be made; all by default. */
  readonly steps?: number;
  /** Alike by default. */
  readonly openSizes?: OpenSizes;
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

/** @throws RetortError graph_name_duplicated, graph_value_missing, graph_cyclic, opset_outside, opset_unconvertible, optimizer_rule_unknown, optimizer_stuck */
export async function optimizeModel(
  model: Model,
  options: OptimizeOptions = defaultOptions,
): Promise<Optimized> {
  const setting = settingOf(model, options);
  const steps = new Steps(options.steps);
  const editor = new GraphEditor(checkedGraph(model.graph), options.openSizes);
  const rewrites: PassOutcome['rewrites'][number][] = [];
  const refusals: PassOutcome['refusals'][number][] = [];
  const passes: Optimized['passes'][number][] = [];
  const run = async (list: readonly Pass[]) => {
    for (const pass of list) {
      const start = performance.now();
      const outcome = await pass.run(editor);
      rewrites.push(...outcome.rewrites);
      refusals.push(...outcome.refusals);
      const milliseconds = performance.now() - start;
      passes.push({ name: pass.name, nodes: editor.nodes().length, milliseconds });
    }
  };
  const stage: Stage = { setting, steps, rules: rulesFor(setting, options), options };
  await run(fusingPasses(model, stage));
  const mayRaise = options.latency === true && options.opset === undefined && options.irVersion === undefined;
  const opset = options.opset ?? (mayRaise ? opsetForKernels(model, editor, setting) : opsetOf(model));
  await run(writingPasses(opset, stage));
  const written = withOpset({ ...model, graph: editor.build() }, opset, options.irVersion);
  return { model: withContribDomain(written), rewrites, refusals, passes };
}

function opsetForKernels(model: Model, editor: GraphEditor, { opset }: Setting): number {
  const fused = { ...model, opsets: new Map(model.opsets).set('', opset), graph: editor.build() };
  return opsetOf(raisedForKernels(fused, kernelRules));
}

interface Stage {
  readonly setting: Setting;
  readonly steps: Steps;
  readonly rules: readonly ListedRule[];
  readonly options: OptimizeOptions;
}

/** An older graph is converted before what they do. */
function fusingPasses(model: Model, stage: Stage): Pass[] {
  const { setting, steps, rules, options } = stage;
  const { opsets, irVersion } = withOpset(model, setting.opset);
  const on = rules.filter(({ isOn }) => isOn).map(({ rule }) => rule);
  return [
    ...conversion(opsetOf(model), setting.opset, stage),
    foldConstants(opsets, irVersion, steps),
    mergeConstants(new Set(options.parameters), steps),
    { name: 'clean', run: (editor) => applyRules(editor, wantedCleaning(stage), setting, steps) },
    foldConstants(opsets, irVersion, steps),
    { name: 'fuse', run: (editor) => applyRules(editor, on, setting, steps) },
    foldConstants(opsets, irVersion, steps),
    ...(options.latency === true ? [arranging('for latency', latencyRules, setting, stage)] : []),
  ];
}

/** A newer graph than what is written is converted before the rules that use what the written opset has. */
function writingPasses(opset: number, stage: Stage): Pass[] {
  const { setting, steps, options } = stage;
  return [
    ...conversion(setting.opset, opset, stage),
    ...(options.latency === true
      ? [arranging('for kernels', kernelRules, { ...setting, opset }, stage)]
      : []),
    mergeConstants(new Set(options.parameters), steps),
  ];
}

function conversion(from: number, to: number, { setting, steps }: Stage): Pass[] {
  const name = `opset ${String(from)} to ${String(to)}`;
  return from === to ? [] : [{ name, run: (editor) => convert(editor, from, to, setting, steps) }];
}

function arranging(name: string, rules: readonly Rule[], setting: Setting, stage: Stage): Pass {
  // `first-token` splits what `take-one` joins.
  const all = [...rules, ...wantedCleaning(stage).filter((rule) => rule !== takeOne)];
  return { name, run: (editor) => applyRules(editor, all, setting, stage.steps) };
}

function wantedCleaning({ rules }: Stage): Rule[] {
  return cleaningRules.filter((rule) => rules.some((one) => one.rule === rule && one.isOn));
}

/** Rules read and write the newer of both versions: what it has is what they may use. */
function settingOf(model: Model, { target, contrib, opset: wanted }: OptimizeOptions): Setting {
  const own = opsetOf(model);
  const usesStandard = model.graph.nodes.some(({ domain }: Node) => domain === '');
  for (const opset of [own, wanted ?? own])
    if (usesStandard && (opset < opsetWindow.oldest || opset > opsetWindow.newest))
      throw fail('opset_outside', { opset, stage: 'the optimizer', ...opsetWindow });
  return { target, opset: Math.max(own, wanted ?? own), contrib };
}
