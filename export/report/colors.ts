/** Which rule made or took out each node, and the class that it is drawn with. */
import type { Rewrite } from '../optimize/rule.js';

export interface Painted {
  /** In the order in which they first made a rewrite. */
  readonly rules: readonly string[];
  /** By node of the graph before: the rule that took it out. */
  readonly removed: ReadonlyMap<string, string>;
  /** By node of the graph after: the rule that made it. */
  readonly added: ReadonlyMap<string, string>;
}

export function paint(rewrites: readonly Rewrite[]): Painted {
  const [removed, added] = [new Map<string, string>(), new Map<string, string>()];
  for (const rewrite of rewrites) {
    // A node that a rule made and another took out again was never in the graph before.
    for (const node of rewrite.removed) if (!added.delete(node)) removed.set(node, rewrite.rule);
    for (const node of rewrite.added) added.set(node, rewrite.rule);
  }
  return { rules: [...new Set(rewrites.map(({ rule }) => rule))], removed, added };
}

/** The hue of one rule of so many, in degrees, as far from each other as can be. */
export function hueOf(index: number, count: number): number {
  return Math.round((360 * index) / count + 210) % 360;
}
