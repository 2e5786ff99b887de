/** Places that almost matched and still stand, or that a rule of less worth took instead. */
import type { Refusal } from './rule.js';

interface Kept extends Refusal {
  /** Of the rule, in the order in which rules are tried. */
  readonly rank: number;
}

export class Refusals {
  #kept: Kept[] = [];

  add(refusal: Refusal, rank: number): void {
    this.#kept.push({ ...refusal, rank });
  }

  /** What still stands is looked at anew. */
  startRound(stands: (node: string) => boolean): void {
    this.#kept = this.#kept.filter(({ node }) => !stands(node));
  }

  /** Nodes that a rule took: of those, what a rule after it would not take does not matter. */
  taken(nodes: readonly string[], rank: number): void {
    const gone = new Set(nodes);
    this.#kept = this.#kept.filter((one) => !gone.has(one.node) || one.rank < rank);
  }

  list(): Refusal[] {
    return this.#kept.map(({ rule, node, reason }) => ({ rule, node, reason }));
  }
}
