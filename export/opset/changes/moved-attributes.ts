/** Attributes that became inputs: axes, splits, bounds. A constant input can go back into the attribute. */
import type { Attribute } from '../../../core/graph/ir.js';
import { float, int, ints } from '../../../core/graph/attributes.js';
import { float32, int64, type Tensor, toNumbers } from '../../../core/tensor.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

/** @param names of the attributes, in the order of the inputs behind the first one */
export function movedAttributes(
  since: number,
  opTypes: readonly string[],
  names: readonly string[],
): OpsetChange {
  return {
    opTypes,
    since,
    up: (editor, node) => {
      const given = names.map((name) => node.attributes[name]);
      if (given.every((one) => one === undefined)) return null;
      return {
        edit: () => {
          const moved = given.map((value, place) =>
            value === undefined ? '' : editor.initializer(names[place] ?? '', asTensor(value, names[place])),
          );
          while (moved.at(-1) === '') moved.pop();
          const kept = Object.entries(node.attributes).filter(([name]) => !names.includes(name));
          editor.update(node, {
            inputs: [...node.inputs.slice(0, 1), ...moved],
            attributes: Object.fromEntries(kept),
          });
        },
      };
    },
    down: (editor, node) => {
      const [, ...behind] = node.inputs;
      if (behind.every((input) => input === '')) return null;
      const moved: [string, Attribute][] = [];
      for (const [place, input] of behind.entries()) {
        if (input === '') continue;
        const name = names[place];
        const value = editor.constant(input);
        // Steps of a slice, which the older form does not have.
        if (name === undefined) {
          if (value !== null && toNumbers(value).every((step) => step === 1)) continue;
          return refused(`its input ${input} has no place there`);
        }
        if (value === null) return refused(`its input ${input}, an attribute there, is no constant`);
        moved.push([name, asAttribute(value, name)]);
      }
      return {
        edit: () => {
          editor.update(node, {
            inputs: node.inputs.slice(0, 1),
            attributes: { ...node.attributes, ...Object.fromEntries(moved) },
          });
        },
      };
    },
  };
}

/** An attribute of one number, where the input is a scalar or, as of TopK, a vector of one. */
const single = ['k', 'value', 'min', 'max', 'ratio'];

function asTensor(value: Attribute, name: string | undefined): Tensor {
  switch (value.kind) {
    case 'ints':
      return int64(value.value);
    case 'int':
      return int64([value.value], name === 'k' ? [1] : []);
    case 'float':
      return float32([value.value], []);
    default:
      throw new RangeError(`an attribute of the kind ${value.kind} became an input`);
  }
}

function asAttribute(value: Tensor, name: string): Attribute {
  const numbers = toNumbers(value);
  if (!single.includes(name)) return ints(numbers);
  const [first = 0] = numbers;
  return value.dtype.startsWith('float') ? float(first) : int(first);
}
