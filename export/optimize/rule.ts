/** What a rewrite rule is, and what passes leave. */
import type { Node } from '../../core/graph/ir.js';
import type { GraphEditor } from './editor.js';

export const targets = ['cpu', 'cuda', 'web'] as const;

export type Target = (typeof targets)[number];

/** What a graph is optimised for. */
export interface Setting {
  readonly target: Target;
  /** Of the standard domain, in the file that is written. */
  readonly opset: number;
  /** Whether com.microsoft operators may be used. */
  readonly contrib: boolean;
}

/**
 * What a rule found at a node: nothing like its pattern; its pattern but for one thing, in words; or the edit to make.
 * Nothing is changed before the edit is called.
 */
export type Match = null | { readonly refused: string } | { readonly edit: () => void };

export interface Rule {
  readonly name: string;
  /** Operators of the nodes at which it looks. */
  readonly anchors: readonly string[] | 'any';
  /** For a node of one of these operators, of the standard domain or com.microsoft. */
  match(editor: GraphEditor, node: Node, setting: Setting): Match;
}

export function refused(reason: string): { readonly refused: string } {
  return { refused: reason };
}

/** A rewrite that was made. */
export interface Rewrite {
  readonly rule: string;
  /** Counted from 1 over all passes. */
  readonly step: number;
  /** Names of nodes. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** A place that almost matched. */
export interface Refusal {
  readonly rule: string;
  readonly node: string;
  readonly reason: string;
}

export interface PassOutcome {
  readonly rewrites: readonly Rewrite[];
  readonly refusals: readonly Refusal[];
}

export interface Pass {
  readonly name: string;
  run(editor: GraphEditor): PassOutcome | Promise<PassOutcome>;
}

/** Counts rewrites over all passes and stops them at a limit, so that the one that goes wrong can be found. */
export class Steps {
  readonly #limit: number;
  #made = 0;

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  get left(): boolean {
    return this.#made < this.#limit;
  }

  next(): number {
    this.#made += 1;
    return this.#made;
  }
}
