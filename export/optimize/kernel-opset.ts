/** The opset of the form that runs fastest on CPU. */
import { checkedGraph } from '../../core/graph/order.js';
import type { Model } from '../../core/graph/ir.js';
import { hasCode } from '../../core/has-code.js';
import { convertModel, opsetOf } from '../opset/convert.js';
import { applyRules } from './apply-rules.js';
import { GraphEditor } from './editor.js';
import { type Rule, Steps } from './rule.js';
import { opsetOfAttention } from './rules/standard-attention.js';

/**
 * A model in the opset that rules need whose operators are newer than its own; as it is where they find nothing, or where
 * something in it cannot be written in that opset.
 * @param rules of `kernelRules`
 */
export function raisedForKernels(model: Model, rules: readonly Rule[]): Model {
  const opset = opsetOfAttention;
  if (opsetOf(model) >= opset) return model;
  const editor = new GraphEditor(checkedGraph(model.graph));
  const setting = { target: 'cpu', opset, contrib: true } as const;
  if (applyRules(editor, rules, setting, new Steps()).rewrites.length === 0) return model;
  try {
    return convertModel(model, opset, { contrib: true });
  } catch (error) {
    if (hasCode(error, 'opset_unconvertible')) return model;
    throw error;
  }
}
