/** Rewrites under the names that nodes have before and after passes that name nodes anew, but keep their values. */
import type { Graph } from '../../core/graph/ir.js';
import type { Rewrite } from '../optimize/rule.js';

export interface Stage {
  /** The graph that a pass was given, and the one that it made of it. */
  readonly from: Graph;
  readonly to: Graph;
}

/**
 * @param earlier the pass before the rewrites: nodes that were taken out are called as in its `from`
 * @param later the pass behind them, with its name: nodes that were added are called as in its `to`, and those that
 * it added itself are a rewrite of its own
 */
export function renamed(
  rewrites: readonly Rewrite[],
  earlier: Stage,
  later: Stage & { readonly name: string },
): Rewrite[] {
  const before = sameNodes(earlier.to, earlier.from);
  const after = sameNodes(later.from, later.to);
  const kept = new Set(after.values());
  const own = later.to.nodes.map(({ name }) => name).filter((name) => !kept.has(name));
  return [
    ...rewrites.map(({ removed, added, ...rest }) => ({
      ...rest,
      removed: removed.map((name) => before.get(name) ?? name),
      added: added.map((name) => after.get(name) ?? name),
    })),
    ...(own.length === 0 ? [] : [{ rule: later.name, step: rewrites.length + 1, removed: [], added: own }]),
  ];
}

/** Nodes of one graph and of another by name, which give the same value. */
function sameNodes(one: Graph, other: Graph): Map<string, string> {
  const givers = new Map(other.nodes.flatMap(({ name, outputs }) => outputs.map((value) => [value, name])));
  return new Map(
    one.nodes.flatMap(({ name, outputs }) => {
      const giver = outputs
        .map((value) => (value === '' ? undefined : givers.get(value)))
        .find((found) => found !== undefined);
      return giver === undefined ? [] : [[name, giver] as const];
    }),
  );
}
