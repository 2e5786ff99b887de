/** An optimised graph is accepted by the runtime as it stands, and gives what the original gives. */
import { openSession, type Session, type SessionOptions } from '../../../core/engines/session.js';
import { fail, RetortError } from '../../../core/errors.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import type { Model } from '../../../core/graph/ir.js';
import type { Tensor } from '../../../core/tensor.js';
import { inputsOfOpenBatch, inputsOfOpenLength } from '../named-inputs.js';
import type { Target } from '../rule.js';
import { type Case, caseOfTexts, casesFor, casesOfUnlikeBatches, casesOfUnlikeLengths } from './cases.js';
import { compareOn, type Compared, type Divergence } from './compare.js';
import { type InputKind, longestSequence, planInputs } from './input-kinds.js';

export interface ValidationOptions {
  readonly target: Target;
  readonly tolerance: number;
  /** What inputs take, where their names do not tell. */
  readonly inputs: Readonly<Record<string, InputKind>>;
  /** Ids of real texts. */
  readonly texts: readonly (readonly number[])[];
}

export interface Validation {
  /** The most that was allowed of an output. */
  readonly tolerance: number;
  /** Largest |difference|, relative to the output's largest value where that is above 1. */
  readonly difference: number;
  readonly cases: readonly string[];
  /** Cases that the original itself refuses. */
  readonly skipped: readonly string[];
}

export type Verdict =
  { readonly validation: Validation } | { readonly divergence: Divergence; readonly failing: FailingCase };

/** A case with what the original gives on it. */
export interface FailingCase {
  readonly case: Case;
  readonly expected: Readonly<Record<string, Tensor>>;
}

/** Longer rows take long and show nothing that these do not. */
const longestTried = 512;

/** @throws RetortError optimizer_inputs_unknown, optimizer_random, optimizer_unchecked; session_refused, session_run_failed of the optimised graph */
export async function validate(
  original: Model,
  optimised: Model,
  options: ValidationOptions,
): Promise<Verdict> {
  // What the original refuses is said here, and not by the runtime besides.
  const before = await openSession(encodeModel(original), {
    optimization: 'disabled',
    denormals: true,
    extra: { logSeverityLevel: 4 },
  });
  try {
    const after = await openSession(encodeModel(optimised), sessionFor(options.target));
    try {
      return await compareSessions(original, before, after, options);
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
}

/** Whether a graph differs on a case; one that does not even run does. */
export async function differsOn(
  model: Model,
  { case: one, expected }: FailingCase,
  { target, tolerance }: ValidationOptions,
): Promise<boolean> {
  try {
    const session = await openSession(encodeModel(model), sessionFor(target));
    return (
      (await compareOn(one, expected, session, tolerance).finally(() => session.close())).divergence !== null
    );
  } catch (error) {
    if (error instanceof RetortError) return true;
    throw error;
  }
}

/** "disabled": the runtime's own check of types and schemas, and no rewriting of its own. */
function sessionFor(target: Target): SessionOptions {
  return { optimization: 'disabled', denormals: true, engine: target === 'web' ? 'web' : 'node' };
}

async function compareSessions(
  original: Model,
  before: Session,
  after: Session,
  { inputs, texts, tolerance }: ValidationOptions,
): Promise<Verdict> {
  const plans = planInputs(original.graph, inputs);
  const longest = Math.min(longestSequence(original.graph, plans) ?? longestTried / 4, longestTried);
  const cases = [
    ...casesFor(plans, longest),
    ...(texts.length === 0 ? [] : [caseOfTexts(plans, texts)]),
    ...casesOfUnlikeLengths(plans, inputsOfOpenLength(original.graph), longest),
    ...casesOfUnlikeBatches(plans, inputsOfOpenBatch(original.graph), longest),
  ];
  const [done, skipped]: [string[], string[]] = [[], []];
  let [difference, allowed] = [0, 0];
  let reason = '';
  for (const one of cases) {
    const expected = await before.run(one.feeds).catch((error: unknown) => {
      if (!(error instanceof RetortError)) throw error;
      if (one.unlike === undefined) {
        reason ||= error.message;
        skipped.push(one.name);
      }
      return null;
    });
    if (expected === null) continue;
    if (done.length === 0) await expectRepeatable(original, before, one, expected, tolerance);
    const compared: Compared = await compareOn(one, expected, after, tolerance);
    if (compared.divergence !== null) {
      // Few random values may be the same twice by chance.
      for (let again = 0; again < 4; again += 1)
        await expectRepeatable(original, before, one, expected, tolerance);
      return { divergence: compared.divergence, failing: { case: one, expected } };
    }
    difference = Math.max(difference, compared.difference);
    allowed = Math.max(allowed, compared.tolerance);
    done.push(one.name);
  }
  if (done.length === 0) throw fail('optimizer_unchecked', { reason });
  return { validation: { tolerance: allowed, difference, cases: done, skipped } };
}

/** @throws RetortError optimizer_random where the original gives something else a second time */
async function expectRepeatable(
  { graph }: Model,
  session: Session,
  one: Case,
  expected: Readonly<Record<string, Tensor>>,
  tolerance: number,
): Promise<void> {
  const { divergence } = await compareOn(one, expected, session, tolerance);
  if (divergence === null) return;
  const random = graph.nodes.filter(({ opType }) => /^(Random|Multinomial|Bernoulli|Dropout)/.test(opType));
  const nodes = random.map(({ name, opType }) => `${opType} ${name}`.trim()).slice(0, 3);
  throw fail('optimizer_random', { nodes: nodes.length === 0 ? 'no operator says why' : nodes.join(', ') });
}
