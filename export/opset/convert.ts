/** A graph of the standard domain's one version, as another version has it. */
import { fail } from '../../core/errors.js';
import type { Model, Node } from '../../core/graph/ir.js';
import { GraphEditor } from '../optimize/editor.js';
import { type PassOutcome, Steps } from '../optimize/rule.js';
import type { Conversion, ConversionSetting } from './change.js';
import { changes } from './changes.js';
import { cameWithOpset, unwrittenChanges } from './history.js';
import { irVersionFor } from './versions.js';

/** @throws RetortError opset_unconvertible, which names the node */
export function convertModel(model: Model, opset: number, setting: ConversionSetting): Model {
  const editor = new GraphEditor(model.graph);
  convert(editor, opsetOf(model), opset, setting, new Steps());
  return withOpset({ ...model, graph: editor.build() }, opset);
}

export function opsetOf({ opsets }: Pick<Model, 'opsets'>): number {
  return opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
}

/** @throws RetortError export_ir_version_outside */
export function withOpset(model: Model, opset: number, irVersion?: number): Model {
  const opsets = new Map(model.opsets);
  if (opsetOf(model) !== 0) opsets.set('', opset).delete('ai.onnx');
  return { ...model, opsets, irVersion: irVersionFor(opset, irVersion, model.irVersion) };
}

/** @throws RetortError opset_unconvertible */
export function convert(
  editor: GraphEditor,
  from: number,
  to: number,
  setting: ConversionSetting,
  steps: Steps,
): PassOutcome {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const refuse = (node: Node, reason: string): never => {
    throw fail('opset_unconvertible', { node: node.name, operator: node.opType, from, opset: to, reason });
  };
  const rewrites: PassOutcome['rewrites'][number][] = [];
  for (const { since, opTypes, convert: conversion } of crossed(from, to))
    for (const node of editor.nodes()) {
      const outer = subgraphNodes(node).find(({ opType }) => opTypes.includes(opType));
      if (outer !== undefined)
        refuse(node, `its subgraph has ${outer.opType}, which opset ${String(since)} changed`);
      if (node.domain !== '' || !opTypes.includes(node.opType)) continue;
      const match = conversion(editor, node, setting);
      if (match === null) continue;
      if ('refused' in match) return refuse(node, match.refused);
      const edit = editor.record(match.edit);
      rewrites.push({ rule: `opset-${String(since)}`, step: steps.next(), ...edit });
    }
  for (const node of editor.nodes())
    for (const one of [node, ...subgraphNodes(node)]) {
      if (one.domain !== '') continue;
      const since = cameWithOpset(one.opType);
      if (since > to && !(setting.contrib && ownInOlder.includes(one.opType)))
        refuse(one, `it came with opset ${String(since)}`);
      const [changed] = unwrittenChanges(one.opType, low, high);
      if (changed !== undefined)
        refuse(one, `what opset ${String(changed)} changed about it is not written here`);
    }
  editor.prune();
  return { rewrites, refusals: [] };
}

/** Operators that ONNX Runtime has in files of older opsets too. */
const ownInOlder = ['LayerNormalization'];

interface Crossed {
  readonly since: number;
  readonly opTypes: readonly string[];
  readonly convert: Conversion;
}

/** The changes between two versions in the order in which they are met. */
function crossed(from: number, to: number): Crossed[] {
  const isUp = to > from;
  const met = changes
    .filter(({ since }) => since > Math.min(from, to) && since <= Math.max(from, to))
    .flatMap(({ since, opTypes, up, down }) => {
      const conversion = isUp ? up : down;
      return conversion === undefined ? [] : [{ since, opTypes, convert: conversion }];
    });
  return isUp ? met : met.toReversed();
}

function subgraphNodes({ attributes }: Node): Node[] {
  return Object.values(attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes.flatMap((node) => [node, ...subgraphNodes(node)]) : [],
  );
}
