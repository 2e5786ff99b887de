/** `retort export`: a training run, a bundle or a checkpoint becomes a bundle with static graphs. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../core/errors.js';
import { decodeModel, encodeModel } from '../core/graph/onnx.js';
import { printProgram } from '../core/graph/print.js';
import { writeWhole } from '../core/write-whole.js';
import { exportOpsets, fileVersions } from '../export/opset/versions.js';
import { exportNetwork, type ExportReport, type WrittenVariant } from '../export/run-to-bundle.js';
import { exportPrecisions } from '../export/variant.js';
import { schemeOf } from '../export/quantize/schemes.js';
import { openSource } from '../export/sources/open.js';
import { reviews } from '../loadtest/reviews.js';
import { openTeacher } from './labelling.js';
import { addColumnOptions, type ColumnOptions, devSplits } from './labelled-data.js';
import { readNotes } from './notes.js';
import {
  calibrationTexts,
  calibrationTextsOption,
  schemeLines,
  weightForm,
  type WeightOptions,
  weightsOption,
} from './quantisation.js';
import { commaSeparated, integer, latencyHelp } from './options.js';
import { reportOption, reportRewriting } from './rewrite-report.js';
import { scoreLine } from './scoring.js';
import { ownRepository } from './shipped.js';
import { commandLine } from './train/run.js';

interface Options extends ColumnOptions, Pick<WeightOptions, 'weights'> {
  readonly repository: string;
  readonly name: string;
  readonly modelVersion: string;
  readonly precision: readonly [string, ...string[]];
  readonly calibrationTexts: number;
  readonly data?: string;
  readonly teacher?: string;
  readonly notes?: string;
  readonly opset?: number;
  readonly irVersion?: number;
  readonly latency?: true;
  readonly maxTokens: number;
  readonly printProgram?: string | true;
  readonly report?: string;
  readonly force?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  const command = program
    .command('export')
    .summary(
      'make a bundle of a training run, a bundle or a checkpoint: ONNX graph, tokenizer, manifest, card',
    )
    .description(
      'Writes the static ONNX graph of a training run\u2019s best parameters, of a bundle\u2019s, or of a fine-tuned ' +
        'checkpoint\u2019s, with the dynamic axes batch_size and sequence_length, and, before anything is kept, compares it with the eager ' +
        `forward on real texts: by ONNX Runtime with optimisation disabled and with all of it.\n\nPrecisions:\n  fp32\n${schemeLines}`,
    )
    .argument('<source>', 'the folder that `retort train --out` filled, or that of a bundle or a checkpoint')
    .option('--repository <folder>', 'where the bundle goes', ownRepository)
    .option('--name <name>', "the model's name", 'student')
    .option('--model-version <version>', "the bundle's version", '1')
    .option('--precision <list>', precisionHelp, precisions, ['fp32'])
    .option(
      '--data <file>',
      'labelled texts: dev measures what is served, before and after quantisation, and calibrates its score; train ' +
        'measures activations',
    )
    .addOption(weightsOption())
    .addOption(calibrationTextsOption())
    .option(
      '--teacher <model>',
      'a shipped model or a bundle; with --data its agreement on dev goes into the manifest, for the drift alarm',
    )
    .option('--notes <file>', 'Markdown that the model card opens with')
    .option(
      '--opset <n>',
      `of the ONNX file, ${String(exportOpsets.oldest)} to ${String(exportOpsets.newest)} (default: 17, or 23 where its Attention is quicker)`,
      integer(1, 1000),
    )
    .option(
      '--ir-version <n>',
      'of the ONNX file (default: the opset\u2019s own, 9 at least)',
      integer(1, 1000),
    )
    .option('--latency', latencyHelp)
    .option(
      '--max-tokens <n>',
      'of a text that are read, where a checkpoint is given',
      integer(2, 1 << 20),
      128,
    )
    .option(
      '--print-program [file]',
      'print each graph as it was interpreted and as it was written, one line a node; to standard output, or a file',
    )
    .addOption(reportOption())
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort export runs/student --repository models --model-version 2\n  retort export runs/teacher --name teacher --precision int8-stored --data ChnSentiCorp.zip\n' +
        '  retort export models/repository/student/1 --repository runs/models --opset 20 --print-program\n',
    )
    .action(run);
  addColumnOptions(command);
}

export const precisionHelp = `${exportPrecisions.join(', ')}, or several with commas between; the first is served`;

export function precisions(list: string): [string, ...string[]] {
  const [first, ...rest] = commaSeparated(list);
  if (first === undefined || [first, ...rest].some((name) => !exportPrecisions.includes(name)))
    throw new InvalidArgumentError(`Give some of ${exportPrecisions.join(', ')}, with commas between.`);
  return [first, ...rest];
}

async function run(folder: string, options: Options, command: Command): Promise<void> {
  const {
    repository,
    name,
    modelVersion,
    precision,
    data,
    notes,
    force,
    json,
    maxTokens,
    printProgram: program,
  } = options;
  const { opset, irVersion } = options;
  if (json === true && program === true)
    throw fail('command_line_invalid', { reason: 'with --json, --print-program needs a file' });
  const asked = {
    ...(opset === undefined ? {} : { opset }),
    ...(irVersion === undefined ? {} : { irVersion }),
  };
  const versions = Object.keys(asked).length === 0 ? {} : { versions: fileVersions(asked) };
  const cardNotes = notes === undefined ? null : await readNotes(notes);
  const source = await openSource(folder, {
    maxTokens,
    texts: reviews,
    command: commandLine(command),
  });
  const needsRanges = precision.some((name) => name !== 'fp32' && schemeOf(name).needsRanges);
  const programs: string[] = [];
  const written: WrittenVariant[] = [];
  const teacher = options.teacher === undefined ? null : await openTeacher(options.teacher, 1, 1);
  const report = await exportNetwork(source, {
    repository,
    name,
    version: modelVersion,
    precisions: precision,
    splits: await devSplits(data, options),
    teacher,
    notes: cardNotes,
    replace: force === true,
    now: new Date(),
    ...versions,
    latency: options.latency === true,
    weights: weightForm(options),
    calibrationTexts: needsRanges ? await calibrationTexts(data, options.calibrationTexts, options) : [],
    observe: (variant) => {
      if (program !== undefined) programs.push(programOf(variant));
      if (options.report !== undefined) written.push(variant);
    },
  }).finally(() => teacher?.close());
  if (program === true) process.stdout.write(`${programs.join('\n')}\n`);
  else if (program !== undefined) await writeWhole(program, programs.join('\n'));
  printReport(report, json === true);
  for (const variant of written) await reportVariant(options.report ?? '', variant, report);
}

/** A report a variant, named after it where there are several. */
async function reportVariant(
  place: string,
  { form, interpreted, written, rewrites }: WrittenVariant,
  { variants, texts }: ExportReport,
): Promise<void> {
  const before = decodeModel(encodeModel({ graph: interpreted }));
  await reportRewriting(variants.length > 1 ? path.join(place, form) : place, {
    title: `${interpreted.name} exported as ${form}`,
    before,
    after: written,
    rewrites,
    validation: {
      difference: variants.find((one) => one.form === form)?.difference ?? 0,
      tolerance: null,
      cases: [`${String(texts)} texts, against the eager forward`],
    },
  });
}

function programOf({ form, interpreted, written }: WrittenVariant): string {
  return `# ${form}, interpreted\n${printProgram(interpreted)}\n# ${form}, written\n${printProgram(written.graph)}`;
}

export function printReport(report: ExportReport, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(
      `${report.folder}, compared with the eager forward on ${String(report.texts)} texts:\n`,
    );
    for (const { form, bytes, nodes, difference, flips } of report.variants) {
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
    for (const score of [...report.accuracyBefore, ...report.accuracy])
      process.stdout.write(`  ${scoreLine(score)}\n`);
  }
}
