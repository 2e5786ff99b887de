/** `retort export`: a training run becomes a bundle. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  exportPrecisions,
  type ExportPrecision,
  type ExportReport,
  exportRun,
} from '../export/run-to-bundle.js';
import { evaluationSplits } from '../training/data/labelled.js';
import { readNotes } from './notes.js';
import { shippedRepository } from './shipped.js';

interface Options {
  readonly repository: string;
  readonly name: string;
  readonly modelVersion: string;
  readonly precision: readonly [ExportPrecision, ...ExportPrecision[]];
  readonly data?: string;
  readonly notes?: string;
  readonly force?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('export')
    .summary('make a bundle of a training run: ONNX graph, tokenizer, manifest, model card')
    .description(
      'Writes the static ONNX graph of the best parameters and, before anything is kept, compares it with the eager ' +
        'forward on real texts: by ONNX Runtime with optimisation disabled and with all of it.',
    )
    .argument('<run>', 'the folder that `retort train --out` filled')
    .option('--repository <folder>', 'where the bundle goes', shippedRepository)
    .option('--name <name>', "the model's name", 'student')
    .option('--model-version <version>', "the bundle's version", '1')
    .option(
      '--precision <list>',
      'fp32, int8 (stored as int8, computed in fp32) or both; the first is served',
      precisions,
      ['fp32'],
    )
    .option('--data <file>', 'the dev split: measures what is served, and calibrates its score')
    .option('--notes <file>', 'Markdown that the model card opens with')
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort export runs/student --repository models --model-version 2\n  retort export runs/teacher --name teacher --precision int8 --data ChnSentiCorp.zip\n',
    )
    .action(run);
}

export function precisions(list: string): [ExportPrecision, ...ExportPrecision[]] {
  const named = [...new Set(list.split(',').map((name) => name.trim()))];
  const known = named.flatMap((name) => exportPrecisions.find((precision) => precision === name) ?? []);
  const [first, ...rest] = known;
  if (first === undefined || known.length < named.length)
    throw new InvalidArgumentError(`Give some of ${exportPrecisions.join(', ')}, with commas between.`);
  return [first, ...rest];
}

async function run(folder: string, options: Options): Promise<void> {
  const { repository, name, modelVersion, precision, data, notes, force, json } = options;
  const report = await exportRun({
    run: folder,
    repository,
    name,
    version: modelVersion,
    precisions: precision,
    splits: data === undefined ? [] : await evaluationSplits(data, { split: 'dev' }),
    notes: notes === undefined ? null : await readNotes(notes),
    replace: force === true,
    now: new Date(),
  });
  printReport(report, json === true);
}

export function printReport(report: ExportReport, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(
      `${report.folder}, compared with the eager forward on ${String(report.texts)} texts:\n`,
    );
    for (const { precision: form, bytes, nodes, difference, flips } of report.variants) {
      process.stdout.write(
        `  ${form}: ${String(nodes)} nodes, ${(bytes / 2 ** 20).toFixed(1)} MiB; largest logit difference ` +
          `${difference.toExponential(1)}, ${String(flips)} labels differ\n`,
      );
    }
    if (report.calibration !== null) {
      const { temperature, error } = report.calibration;
      process.stdout.write(
        `  calibrated: temperature ${temperature.toFixed(3)}, expected calibration error ` +
          `${(100 * error.before).toFixed(1)} % before, ${(100 * error.after).toFixed(1)} % after\n`,
      );
    }
    for (const { data: on, rows, correct, accuracy } of report.accuracy)
      process.stdout.write(
        `  ${on}: ${String(correct)} of ${String(rows)}, ${(100 * accuracy).toFixed(2)} %\n`,
      );
  }
}
