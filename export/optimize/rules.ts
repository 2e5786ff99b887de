/** Every rule, in the order in which they are tried, and where each is on without being asked for. */
import { fail } from '../../core/errors.js';
import { dropNoOp } from './rules/drop-no-op.js';
import { attention } from './rules/attention.js';
import { biasBeforeGelu } from './rules/bias-before-gelu.js';
import { biasGelu } from './rules/bias-gelu.js';
import { embedLayerNormalization } from './rules/embed-layer-normalization.js';
import { firstToken } from './rules/first-token.js';
import { gatherPart } from './rules/gather-part.js';
import { gatherTransposed } from './rules/gather-transposed.js';
import { gelu } from './rules/gelu.js';
import { layerNormalization } from './rules/layer-normalization.js';
import { openAttention } from './rules/open-attention.js';
import { plainNorm } from './rules/plain-norm.js';
import { standardAttention } from './rules/standard-attention.js';
import { skipLayerNormalization } from './rules/skip-layer-normalization.js';
import { gemm } from './rules/gemm.js';
import { fusedGemm } from './rules/fused-gemm.js';
import { lstmZeroState } from './rules/lstm-zero-state.js';
import { lstmLastState } from './rules/lstm-last-state.js';
import { lstmUnsorted } from './rules/lstm-unsorted.js';
import { joinDirections } from './rules/join-directions.js';
import { dropUnusedOutputs } from './rules/drop-unused-outputs.js';
import { timesZero } from './rules/times-zero.js';
import { foldKnown } from './rules/fold-known.js';
import { mergeEqual } from './rules/merge-equal.js';
import { mergeTransposes } from './rules/merge-transposes.js';
import { transposeLater } from './rules/transpose-later.js';
import { unflattenGemm } from './rules/unflatten-gemm.js';
import { plainReshape } from './rules/plain-reshape.js';
import { takeOne } from './rules/take-one.js';
import type { Rule, Setting, Target } from './rule.js';

/** They make a graph plainer, without operators that it did not have. */
export const cleaningRules: readonly Rule[] = [
  foldKnown,
  dropNoOp,
  mergeEqual,
  mergeTransposes,
  plainReshape,
  takeOne,
  gatherPart,
  gatherTransposed,
  timesZero,
  dropUnusedOutputs,
];

/** They put one operator in the place of several. */
const fusionRules: readonly Rule[] = [
  layerNormalization,
  gelu,
  attention,
  unflattenGemm,
  transposeLater,
  embedLayerNormalization,
  skipLayerNormalization,
  biasGelu,
  gemm,
  fusedGemm,
  lstmZeroState,
  lstmUnsorted,
  lstmLastState,
  joinDirections,
];

/**
 * Exact rewrites of a fused graph into the form that runs fastest on CPU, since the kernels of some fused operators are
 * slower there than those of their parts. They undo fusions, so they come after them.
 */
export const latencyRules: readonly Rule[] = [openAttention, firstToken, plainNorm, biasBeforeGelu];

/**
 * Operators of newer opsets, whose kernels on CPU are quicker than those of com.microsoft: behind `latencyRules`, which
 * know the latter.
 */
export const kernelRules: readonly Rule[] = [standardAttention];

const kernelOfCpuOnly = 'CUDA has no kernel for FusedGemm';

/** Rules that are off on a target unless they are asked for, with the reason. */
const offByDefault: readonly {
  readonly rule: Rule;
  readonly targets: readonly Target[];
  readonly why: string;
}[] = [{ rule: fusedGemm, targets: ['cuda'], why: kernelOfCpuOnly }];

export interface ListedRule {
  readonly rule: Rule;
  readonly isOn: boolean;
  /** Why it is off; null where it is on. */
  readonly why: string | null;
}

/** @throws RetortError optimizer_rule_unknown */
export function rulesFor(
  { target }: Pick<Setting, 'target'>,
  { enabled, disabled }: { readonly enabled: readonly string[]; readonly disabled: readonly string[] },
): ListedRule[] {
  const all = [...fusionRules, ...cleaningRules];
  for (const name of [...enabled, ...disabled])
    if (!all.some((rule) => rule.name === name))
      throw fail('optimizer_rule_unknown', { rule: name, known: all.map((rule) => rule.name).join(', ') });
  return all.map((rule) => {
    if (disabled.includes(rule.name)) return { rule, isOn: false, why: 'it was disabled' };
    const off = offByDefault.find((one) => one.rule === rule && one.targets.includes(target));
    const isOn = off === undefined || enabled.includes(rule.name);
    return { rule, isOn, why: isOn ? null : off.why };
  });
}
