/** Operators that work token by token: on the last of three axes, whatever stands on the first two. */
import type { Node } from '../../core/graph/ir.js';
import type { GraphEditor } from './editor.js';

/** Places of the inputs that hold tokens, by operator. Of the others, every input is a constant without their axes. */
const places: Readonly<Record<string, readonly number[]>> = {
  LayerNormalization: [0],
  SkipLayerNormalization: [0, 1],
  BiasGelu: [0],
  Gelu: [0],
  FastGelu: [0],
  Relu: [0],
  Erf: [0],
  Tanh: [0],
  Sqrt: [0],
  MatMul: [0],
};

/** Operators that broadcast: each input holds tokens, or is a constant without their axes. */
const elementWise = ['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Pow'];

/** Places of a node's inputs that hold tokens; null where it does not work token by token. */
export function tokenInputs(editor: GraphEditor, node: Node): readonly number[] | null {
  if (elementWise.includes(node.opType) && node.domain === '') {
    const held = [...node.inputs.keys()].filter(
      (place) => editor.constant(node.inputs[place] ?? '') === null,
    );
    const isFree = (name: string) => (editor.constant(name)?.shape.length ?? 0) <= 1;
    const constants = node.inputs.filter((_, place) => !held.includes(place));
    return held.length > 0 &&
      held.every((place) => editor.rank(node.inputs[place] ?? '') === 3) &&
      constants.every(isFree)
      ? held
      : null;
  }
  const held = places[node.opType];
  if (held === undefined || (node.domain !== '' && node.domain !== 'com.microsoft')) return null;
  if (held.some((place) => editor.rank(node.inputs[place] ?? '') !== 3)) return null;
  switch (node.opType) {
    case 'MatMul':
      return editor.constant(node.inputs[1] ?? '')?.shape.length === 2 ? held : null;
    case 'LayerNormalization':
      return [-1, 2].includes(Number(node.attributes.axis?.value ?? -1)) ? held : null;
    default:
      return held;
  }
}
