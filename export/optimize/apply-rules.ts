/** Rules over a graph, one after another, until none finds anything. */
import { fail } from '../../core/errors.js';
import type { Node } from '../../core/graph/ir.js';
import type { GraphEditor } from './editor.js';
import { Refusals } from './refusals.js';
import type { PassOutcome, Rewrite, Rule, Setting, Steps } from './rule.js';

/** Each round ends with fewer nodes or in a form that no rule undoes; more rounds than this are rules at odds. */
const mostRounds = 64;

/** @throws RetortError optimizer_stuck where rules undo each other's work */
export function applyRules(
  editor: GraphEditor,
  rules: readonly Rule[],
  setting: Setting,
  steps: Steps,
): PassOutcome {
  const rewrites: Rewrite[] = [];
  const refusals = new Refusals();
  const outcome = () => ({ rewrites, refusals: refusals.list() });
  for (let round = 1; ; round += 1) {
    const before = rewrites.length;
    editor.inferAgain();
    const standing = new Set(editor.nodes().map(({ name }) => name));
    refusals.startRound((node) => standing.has(node));
    for (const [rank, rule] of rules.entries()) {
      const isAnchor = ({ opType }: Node) => rule.anchors === 'any' || rule.anchors.includes(opType);
      for (const node of editor.nodes()) {
        if (!steps.left) return outcome();
        if (!isAnchor(node) || !editor.has(node) || isForeign(node.domain)) continue;
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
        }
      }
    }
    if (rewrites.length === before) return outcome();
    if (round === mostRounds) {
      const last = rewrites.slice(before).map(({ rule }) => rule);
      throw fail('optimizer_stuck', { rules: [...new Set(last)].join(', ') });
    }
  }
}

function isForeign(domain: string): boolean {
  return domain !== '' && domain !== 'com.microsoft';
}
