/** What Retort makes of a file: optimised, in the order for latency, and in 8 bits. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeModel, readModel } from '../../core/graph/onnx.js';
import type { Model } from '../../core/graph/ir.js';
import { describeMachine } from '../../core/machine.js';
import { defaultOptions, optimizeModel } from '../optimize/optimize.js';
import { caseOfTexts } from '../optimize/validate/cases.js';
import { planInputs } from '../optimize/validate/input-kinds.js';
import { quantizeModel } from '../quantize/quantize.js';
import { schemeOf } from '../quantize/schemes.js';
import { weightFormFor } from '../../core/weight-form.js';
import type { Contestant, Feeds } from './contestant.js';
import { sessionContestant } from './session-contestant.js';

export interface OwnForms {
  readonly contestants: readonly Contestant[];
  readonly optimizeMilliseconds: number;
}

export async function ownForms(file: string, folder: string): Promise<OwnForms> {
  const source = await readModel(file);
  const start = performance.now();
  const { model } = await optimizeModel(source);
  const optimizeMilliseconds = performance.now() - start;
  const weights = weightFormFor(describeMachine());
  const calibration = [inputsOf(source, 4, 32)];
  const quantized = async (name: string) =>
    (await quantizeModel(model, { scheme: schemeOf(name), weights, excluded: [], calibration })).model;
  const hasLstm = model.graph.nodes.some(({ opType }) => opType === 'LSTM');
  const forms: [string, Contestant['precision'], Model][] = [
    ['retort optimize', 'fp32', model],
    [
      'retort optimize --latency',
      'fp32',
      (await optimizeModel(source, { ...defaultOptions, latency: true })).model,
    ],
    ['retort int8', 'int8', await quantized('int8')],
  ];
  if (!hasLstm) forms.push(['retort int8-calibrated', 'int8', await quantized('int8-calibrated')]);
  const contestants: Contestant[] = [];
  for (const [name, precision, form] of forms) {
    const made = path.join(folder, `own-${String(contestants.length)}.onnx`);
    await writeFile(made, encodeModel(form));
    contestants.push(await sessionContestant(name, precision, made));
  }
  return { contestants, optimizeMilliseconds };
}

/** Random ids within the vocabulary, no padding. */
export function inputsOf({ graph }: Model, rows: number, length: number): Feeds {
  const plans = planInputs(graph, {});
  const below = Math.min(...plans.filter(({ kind }) => kind === 'ids').map((plan) => plan.below));
  const highest = Number.isFinite(below) ? below : 2;
  const ids = Array.from({ length: rows }, (_row, row) =>
    Array.from({ length }, (_place, place) => 1 + (((row * length + place) * 7919) % (highest - 1))),
  );
  return caseOfTexts(plans, ids).feeds;
}
