/**
 * Parts of a graph that stand in it several times one after another, as layers do, told by the operators of nodes in
 * their order: they are kept once, and one item stands for the others.
 */
import type { Node } from '../../core/graph/ir.js';

export type Item =
  | { readonly kind: 'node'; readonly node: Node }
  /** So many copies of the nodes before it. */
  | { readonly kind: 'repeats'; readonly times: number; readonly nodes: readonly Node[] };

/** An item for fewer nodes hides more than it saves. */
const fewestHidden = 16;

/**
 * Nothing is put together where there are no more than `most` nodes. Items are in the order of the nodes, and each is
 * a stretch of them: edges between items go forward, as those between nodes do.
 */
export function withoutRepetitions(nodes: readonly Node[], most: number): Item[] {
  let items: Item[] = nodes.map((node) => ({ kind: 'node', node }));
  while (items.length > most) {
    const found = longestRepetition(items.map(signatureOf), most);
    if (found === null) break;
    const { start, period, times } = found;
    const [first, end] = [start + period, start + period * times];
    const hidden = items
      .slice(first, end)
      .flatMap((item) => (item.kind === 'node' ? [item.node] : item.nodes));
    items = [
      ...items.slice(0, first),
      { kind: 'repeats', times: times - 1, nodes: hidden },
      ...items.slice(end),
    ];
  }
  return items;
}

interface Repetition {
  readonly start: number;
  readonly period: number;
  readonly times: number;
}

/** That of which the copies behind the first one have the most nodes; the shortest period of equals. */
function longestRepetition(signatures: readonly string[], longestPeriod: number): Repetition | null {
  let best: Repetition | null = null;
  let most = fewestHidden - 1;
  for (let period = 1; period <= Math.min(longestPeriod, signatures.length / 2); period += 1) {
    let run = 0;
    for (let place = 0; place + period < signatures.length; place += 1) {
      run = signatures[place] === signatures[place + period] ? run + 1 : 0;
      const times = 1 + Math.floor(run / period);
      const hidden = (times - 1) * period;
      if (hidden <= most) continue;
      most = hidden;
      best = { start: place + 1 - run, period, times };
    }
  }
  return best;
}

/** Copies are not copied again. */
function signatureOf(item: Item, place: number): string {
  if (item.kind === 'repeats') return `repeats ${String(place)}`;
  const { domain, opType, inputs, outputs } = item.node;
  return [domain, opType, inputs.length, outputs.length].join(' ');
}
