/** Optimises a model and keeps the result only where it gives what the original gives. */
import { fail } from '../../core/errors.js';
import type { Model } from '../../core/graph/ir.js';
import type { OpenSizes } from './named-inputs.js';
import { type Optimized, type OptimizeOptions, optimizeModel } from './optimize.js';
import type { Rewrite } from './rule.js';
import type { Case } from './validate/cases.js';
import {
  differsOn,
  type FailingCase,
  validate,
  type Validation,
  type ValidationOptions,
} from './validate/validate.js';

export interface Checked {
  readonly optimized: Optimized;
  readonly validation: Validation;
}

/**
 * Rows whose sizes have no names are taken to be of one batch and one length, and where the graph gives something else
 * on rows of unlike ones, each to be of its own.
 * @throws RetortError optimizer_mismatch, which names the rule; of `optimizeModel` and `validate`
 */
export async function optimizeChecked(
  model: Model,
  options: OptimizeOptions,
  checks: Omit<ValidationOptions, 'target'>,
): Promise<Checked> {
  const optimized = await optimizeModel(model, options);
  const settings = { ...checks, target: options.target };
  const verdict = await validate(model, optimized.model, settings);
  if ('validation' in verdict) return { optimized, validation: verdict.validation };
  const { divergence, failing } = verdict;
  const { unlike } = failing.case;
  if (unlike !== undefined && !isApart(unlike, options.openSizes))
    return optimizeChecked(
      model,
      { ...options, openSizes: unlike === 'lengths' ? 'lengths apart' : 'apart' },
      checks,
    );
  const rewrite = await firstWrong(model, options, optimized.rewrites, failing, settings);
  throw fail('optimizer_mismatch', {
    difference: divergence.difference.toExponential(2),
    tolerance: divergence.tolerance,
    case: divergence.case,
    output: divergence.output,
    place: divergence.place.join(', '),
    found: divergence.found,
    expected: divergence.expected,
    cause:
      rewrite === null
        ? 'No single rewrite explains it.'
        : `It is first seen after step ${String(rewrite.step)}, by the rule ${rewrite.rule}, which took out ${rewrite.removed.join(', ')}.`,
  });
}

function isApart(unlike: NonNullable<Case['unlike']>, sizes: OpenSizes = 'alike'): boolean {
  return sizes === 'apart' || (unlike === 'lengths' && sizes === 'lengths apart');
}

/** The rewrite after which the outputs differ, by bisection over the number of steps. */
async function firstWrong(
  model: Model,
  options: OptimizeOptions,
  rewrites: readonly Rewrite[],
  failing: FailingCase,
  settings: ValidationOptions,
): Promise<Rewrite | null> {
  let [right, wrong] = [0, rewrites.length];
  while (wrong - right > 1) {
    const steps = Math.floor((right + wrong) / 2);
    const partly = await optimizeModel(model, { ...options, steps });
    if (await differsOn(partly.model, failing, settings)) wrong = steps;
    else right = steps;
  }
  return rewrites[wrong - 1] ?? null;
}
