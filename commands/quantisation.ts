/** What commands that quantise share: the schemes in words, and the texts on which activations are measured. */
import { Option } from 'commander';
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
