/** What a quantisation scheme is. */
import type { Node } from '../../core/graph/ir.js';
import { refused, type Rule } from '../optimize/rule.js';
import type { Ranges } from './activation.js';
import type { WeightForm } from '../../core/weight-form.js';

export interface Settings {
  readonly weights: WeightForm;
  /** Names of nodes, or operators, that stay as they are. */
  readonly excluded: readonly string[];
  /** What values take on real texts, for a scheme that needs it; null before they are known. */
  readonly ranges: Ranges | null;
}

export interface Scheme {
  readonly name: string;
  /** One line: what becomes of the graph. */
  readonly summary: string;
  /** Of the variant that it leaves, in the manifest. */
  readonly precision: 'fp16' | 'int8' | 'int4';
  /** What products are computed in; in fp32 the constants are widened before they are used. */
  readonly computesIn: 'fp32' | 'fp16' | 'integers';
  /**
   * Whether a row's result depends on the rows beside it: activations are then scaled by the whole batch, and the
   * serving side runs row by row.
   */
  readonly dependsOnBatch: boolean;
  /** Whether it is calibrated: Settings.ranges of the left sides of products. */
  readonly needsRanges: boolean;
  /** Exact rewrites before it, within which values have the names that ranges go by. */
  readonly preparations: readonly Rule[];
  rules(settings: Settings): readonly Rule[];
}

/**
 * What other kernels, or batch-mates, may change of a logit: of fp32 the last bits, of 16 bits those that are 2^-11 of
 * the largest value on the way.
 */
export function logitTolerance({ computesIn }: Pick<Scheme, 'computesIn'>): number {
  return computesIn === 'fp16' ? 0.03 : 1e-3;
}

/**
 * What another machine may change of a logit: where products are of integers the last bit of a sum may turn the
 * rounding of an activation, which moves a logit by a step and not by a bit.
 */
export function machineTolerance(scheme: Pick<Scheme, 'computesIn'>): number {
  return scheme.computesIn === 'integers' ? 1e-2 : logitTolerance(scheme);
}

type Exclusion = Pick<Settings, 'excluded'>;

export function isExcluded({ name, opType }: Node, { excluded }: Exclusion): boolean {
  return excluded.includes(name) || excluded.includes(opType);
}

/** The rule, but at nodes that stay as they are. */
export function unlessExcluded(rule: Rule, settings: Exclusion): Rule {
  return {
    ...rule,
    match(editor, node, setting) {
      const match = rule.match(editor, node, setting);
      return match !== null && 'edit' in match && isExcluded(node, settings)
        ? refused('it is excluded')
        : match;
    },
  };
}
