/** Attributes that came later, with a value under which the operator means what it did: without it there is no older form. */
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

/** @param values by name; null: an attribute without such a value, which must be absent */
export function addedAttributes(
  since: number,
  opTypes: readonly string[],
  values: Readonly<Record<string, number | string | null>>,
): OpsetChange {
  return {
    opTypes,
    since,
    down: (editor, node) => {
      const given = Object.keys(values).filter((name) => node.attributes[name] !== undefined);
      const telling = given.find((name) => node.attributes[name]?.value !== values[name]);
      if (telling !== undefined) return refused(`its attribute ${telling} came with opset ${String(since)}`);
      if (given.length === 0) return null;
      return {
        edit: () => {
          const kept = Object.entries(node.attributes).filter(([name]) => !given.includes(name));
          editor.update(node, { attributes: Object.fromEntries(kept) });
        },
      };
    },
  };
}
