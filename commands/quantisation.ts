/** What commands that quantise share: schemes and forms of weights, and the texts on which activations are measured. */
import { Option } from 'commander';
import { describeMachine } from '../core/machine.js';
import { type WeightForm, weightFormFor, type WeightOption, weightOptions } from '../core/weight-form.js';
import { schemes } from '../export/quantize/schemes.js';
import { openLabelled } from '../training/data/labelled.js';
import { evenly } from './evenly.js';
import type { ColumnOptions } from './labelled-data.js';
import { integer } from './options.js';

export const schemeLines = schemes.map(({ name, summary }) => `  ${name}: ${summary}`).join('\n');

export function calibrationTextsOption(): Option {
  return new Option('--calibration-texts <n>', 'texts of train on which activations are measured')
    .argParser(integer(1, 4096))
    .default(64);
}

export interface WeightOptions {
  readonly weights: 'auto' | WeightOption;
  readonly perMatrix?: true;
}

export function weightsOption(): Option {
  return new Option(
    '--weights <form>',
    'of integer products; auto: int8, or 7 bits of it where this CPU sums pairs in 16 bits; int7 suits every CPU',
  )
    .choices(['auto', ...Object.keys(weightOptions)])
    .default('auto');
}

export function weightForm({ weights, perMatrix }: WeightOptions): WeightForm {
  const perColumn = perMatrix !== true;
  return { ...(weights === 'auto' ? weightFormFor(describeMachine()) : weightOptions[weights]), perColumn };
}

/** Evenly over the train split; none without a file. */
export async function calibrationTexts(
  data: string | undefined,
  wanted: number,
  { textColumn, labelColumn }: ColumnOptions,
): Promise<string[]> {
  if (data === undefined) return [];
  const { examples } = await openLabelled(data, { split: 'train', textColumn, labelColumn });
  return evenly(examples, wanted).map(({ text }) => text);
}
