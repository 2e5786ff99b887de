/** A new operator of the standard domain that gives one value: that value's name. */
import type { Attribute } from '../../core/graph/ir.js';
import type { GraphEditor } from './editor.js';

export function added(
  editor: GraphEditor,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): string {
  return editor.add({ opType, inputs, attributes }).outputs[0] ?? '';
}
