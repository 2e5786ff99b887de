/** Attributes that became inputs: axes, splits, bounds. A constant input can go back into the attribute. */
import type { Attribute } from '../../../core/graph/ir.js';
import { float, int, ints } from '../../../core/graph/attributes.js';
import { type DType, int64, type Tensor, toNumbers } from '../../../core/tensor.js';
import { refused } from '../../optimize/rule.js';
import { scalarOf } from '../../optimize/scalar-of.js';
import type { OpsetChange } from '../change.js';

/**
 * @param names of the attributes, in the order of the inputs behind the first one
 * @param neutral all that an input behind those may hold, which the older form does not have
 */
export function movedAttributes(
  since: number,
  opTypes: readonly string[],
  names: readonly string[],
  neutral?: number,
): OpsetChange {
  return {
    opTypes,
    since,
    up: (editor, node) => {
      const given = names.map((name) => node.attributes[name]);
      if (given.every((one) => one === undefined)) return null;
      const dtype = editor.typeOf(node.inputs[0] ?? '')?.dtype;
      return {
        edit: () => {
          const moved = given.map((value, place) =>
            value === undefined
              ? ''
              : editor.initializer(names[place] ?? '', asTensor(value, names[place], dtype)),
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
        if (name === undefined) {
          if (value !== null && toNumbers(value).every((one) => one === neutral)) continue;
          return refused(`its input ${input} has no place there`);
        }
        if (value === null) return refused(`its input ${input}, an attribute there, is no constant`);
        if (floats.includes(name) && !value.dtype.startsWith('float'))
          return refused('it is not computed in floating-point numbers');
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

/** Attributes of one number in floating point, where the input is a scalar of the type that is computed in. */
const floats: readonly string[] = ['value', 'min', 'max', 'ratio'];

/** @param dtype of what the operator computes */
function asTensor(value: Attribute, name: string | undefined, dtype: DType | undefined): Tensor {
  switch (value.kind) {
    case 'ints':
      return int64(value.value);
    case 'int':
      return int64([value.value], name === 'k' ? [1] : []);
    case 'float':
      return scalarOf(dtype, value.value);
    default:
      throw new RangeError(`an attribute of the kind ${value.kind} became an input`);
  }
}

function asAttribute(value: Tensor, name: string): Attribute {
  const numbers = toNumbers(value);
  const [first = 0] = numbers;
  if (floats.includes(name)) return float(first);
  // Of TopK, where the input is a vector of one.
  return name === 'k' ? int(first) : ints(numbers);
}
