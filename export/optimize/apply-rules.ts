/** Rules over a graph, one after another, until none finds anything. */
import { fail } from '../../core/errors.js';
import type { Node } from '../../core/graph/ir.js';
import type { GraphEditor } from './editor.js';
import { Refusals } from './refusals.js';
import type { PassOutcome, Rewrite, Rule, Setting, Steps } from './rule.js';

/** Of one graph, for each of its nodes: a node is moved past a few others, or is one of several that become one; more rewrites than this are rules at odds. */
const mostRewrites = 64;

/** @throws RetortError optimizer_stuck where rules undo each other's work */
export function applyRules(
  editor: GraphEditor,
  rules: readonly Rule[],
  setting: Setting,
  steps: Steps,
): PassOutcome {
  const rewrites: Rewrite[] = [];
  const refusals = new Refusals();
  const most = mostRewrites * (editor.nodes().length + 1);
  const outcome = () => ({ rewrites, refusals: refusals.list() });
  for (;;) {
    const before = rewrites.length;
    editor.inferAgain();
    const standing = new Set(editor.nodes().map(({ name }) => name));
    refusals.startRound((node) => standing.has(node));
    for (const [rank, rule] of rules.entries()) {
      const isAnchor = ({ opType }: Node) => rule.anchors === 'any' || rule.anchors.includes(opType);
      const pending = editor.nodes().map(({ name }) => name);
      for (const name of pending) {
        if (!steps.left) return outcome();
        const node = editor.node(name);
        if (node === undefined || !isAnchor(node) || isForeign(node.domain)) continue;
        const match = rule.match(editor, node, setting);
        if (match === null) continue;
        if ('refused' in match)
          refusals.add({ rule: rule.name, node: node.name, reason: match.refused }, rank);
        else {
          const { removed, added } = editor.record(() => {
            match.edit();
            editor.prune();
          });
          refusals.taken(removed, rank);
          rewrites.push({ rule: rule.name, step: steps.next(), removed, added });
          if (rewrites.length > most) throw stuck(rewrites.slice(-mostRewrites));
          // A rule that moves a node of its own kind up moves it as far as it goes; others follow the order of nodes.
          if (rule.anchors !== 'any') pending.push(...added);
        }
      }
    }
    if (rewrites.length === before) return outcome();
  }
}

function stuck(last: readonly Rewrite[]): Error {
  return fail('optimizer_stuck', { rules: [...new Set(last.map(({ rule }) => rule))].join(', ') });
}

function isForeign(domain: string): boolean {
  return domain !== '' && domain !== 'com.microsoft';
}
