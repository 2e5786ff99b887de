/** `retort quantize`: a bundle or an ONNX file in lower precision, with what that changes. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { fail } from '../core/errors.js';
import { encodeModel, readModel } from '../core/graph/onnx.js';
import { modelBytes } from '../core/graph/onnx-file.js';
import { tally } from '../core/tally.js';
import { openTokenizerFolder } from '../core/text/tokenizer-folder.js';
import { writeWhole } from '../core/write-whole.js';
import { quantizeBundle, type QuantizeBundleReport } from '../export/quantize/quantize-bundle.js';
import { quantizeFile } from '../export/quantize/quantize-file.js';
import { bestScheme, schemeNames, schemeOf } from '../export/quantize/schemes.js';
import {
  calibrationTexts,
  calibrationTextsOption,
  schemeLines,
  weightForm,
  type WeightOptions,
  weightsOption,
} from './quantisation.js';
import { addColumnOptions, type ColumnOptions, devSplits } from './labelled-data.js';
import { commaSeparated, integer } from './options.js';
import { accuracyText } from './scoring.js';
import { bundleFolder } from './shipped.js';
import { commandLine } from './train/run.js';

interface Options extends ColumnOptions, WeightOptions {
  readonly scheme: string;
  readonly exclude?: readonly string[];
  readonly data?: string;
  readonly calibrationTexts: number;
  readonly tokenizer?: string;
  readonly maxTokens: number;
  readonly force?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  const command = program
    .command('quantize')
    .summary('a bundle or any ONNX file in 8, 4 or 16 bits, with what that costs in accuracy')
    .description(
      'Rewrites a graph into lower precision and compares it with the original: logits, labels that change, and with ' +
        `--data, of a bundle, accuracy on dev before and after.\n\nSchemes:\n${schemeLines}`,
    )
    .argument('<in>', 'an ONNX file, a shipped model, or the folder of a bundle')
    .argument('<out>', 'the ONNX file to write, or of a bundle the folder NAME/VERSION')
    .addOption(
      new Option('--scheme <name>', 'auto: int8-calibrated where there are texts, else int8')
        .choices(['auto', ...schemeNames])
        .default('auto'),
    )
    .addOption(weightsOption())
    .option('--per-matrix', 'one scale a matrix (default: one a column)')
    .option(
      '--exclude <names>',
      'nodes or operators that stay as they are, with commas between',
      commaSeparated,
    )
    .option('--data <file>', 'labelled texts: dev is measured on, train calibrates activations')
    .addOption(calibrationTextsOption())
    .option('--tokenizer <path>', 'of an ONNX file: a tokenizer.json, vocab.txt, or their folder')
    .option('--max-tokens <n>', 'of an ONNX file: the longest text in tokens', integer(2, 1e6), 128)
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort quantize teacher runs/repository/teacher-int8/1 --data ChnSentiCorp.zip\n  retort quantize model.onnx model.int8.onnx --exclude Gather\n',
    )
    .action(run);
  addColumnOptions(command);
}

async function run(input: string, output: string, options: Options, command: Command): Promise<void> {
  if (path.extname(input) === '.onnx') await ofFile(input, output, options);
  else await ofBundle(input, output, options, commandLine(command));
}

async function ofBundle(input: string, output: string, options: Options, command: string): Promise<void> {
  const { data, force, json } = options;
  const bundle = await openBundle(await bundleFolder(input));
  const scheme = options.scheme === 'auto' ? bestScheme(data !== undefined) : schemeOf(options.scheme);
  const target = path.resolve(output);
  const report = await quantizeBundle(bundle, {
    scheme,
    weights: weightForm(options),
    excluded: options.exclude ?? [],
    repository: path.dirname(path.dirname(target)),
    name: path.basename(path.dirname(target)),
    version: path.basename(target),
    replace: force === true,
    now: new Date(),
    command,
    splits: await devSplits(data, options),
    calibrationTexts: scheme.needsRanges
      ? await calibrationTexts(data, options.calibrationTexts, options)
      : [],
  });
  process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : bundleLines(report));
}

async function ofFile(input: string, output: string, options: Options): Promise<void> {
  const { tokenizer, maxTokens, data } = options;
  if (data !== undefined && tokenizer === undefined)
    throw fail('command_line_invalid', { reason: 'of an ONNX file, --data needs --tokenizer' });
  const model = await readModel(input);
  const read = tokenizer === undefined ? null : await openTokenizerFolder(tokenizer, maxTokens);
  const texts =
    read === null
      ? []
      : (await calibrationTexts(data, options.calibrationTexts, options)).map((text) =>
          read.tokenizer.encode(text),
        );
  const scheme = options.scheme === 'auto' ? bestScheme(texts.length > 0) : schemeOf(options.scheme);
  const { quantized, change } = await quantizeFile(model, {
    scheme,
    weights: weightForm(options),
    excluded: options.exclude ?? [],
    inputs: {},
    texts,
  });
  const bytes = encodeModel(quantized.model);
  // The output may take the input's place.
  const before = await modelBytes(input);
  await writeWhole(output, bytes);
  const report = {
    file: output,
    scheme: scheme.name,
    bytes: { before, after: bytes.length },
    nodes: { before: model.graph.nodes.length, after: quantized.model.graph.nodes.length },
    rewrites: tally(quantized.rewrites.map(({ rule }) => rule)),
    refusals: quantized.refusals,
    change,
  };
  const { difference, flips, rows, cases } = change;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(report)}\n`
      : `${sizeLines(output, report)}  largest difference ${difference.toExponential(1)} of the largest output, ` +
          `${String(flips)} of ${String(rows)} rows have another largest output, on: ${cases.join('; ')}\n`,
  );
}

function sizeLines(
  place: string,
  { scheme, bytes, nodes, rewrites, refusals }: Omit<QuantizeBundleReport, 'folder' | 'change' | 'accuracy'>,
): string {
  const mebibytes = (size: number) => (size / 2 ** 20).toFixed(1);
  const lines = [
    `${place}, ${scheme}: ${mebibytes(bytes.before)} MiB became ${mebibytes(bytes.after)} MiB, ` +
      `${String(nodes.before)} nodes ${String(nodes.after)}`,
    ...Object.entries(rewrites).map(([rule, times]) => `  ${rule} ${String(times)} times`),
    ...refusals.map(({ rule, node, reason }) => `  ${rule} not at ${node}: ${reason}`),
  ];
  return `${lines.join('\n')}\n`;
}

function bundleLines(report: QuantizeBundleReport): string {
  const { change, accuracy, folder } = report;
  const lines = [
    `  on ${String(change.texts)} texts: largest logit difference ${change.difference.toFixed(3)}, root mean square ` +
      `${change.deviation.toFixed(4)}, ${String(change.flips)} labels differ; beside others in a batch ` +
      change.batchDifference.toExponential(1),
    ...accuracy.map(
      ({ before, after }) =>
        `  ${before.data}: ${accuracyText(before)} before, ${accuracyText(after)} after, of ${String(after.rows)}`,
    ),
  ];
  return `${sizeLines(folder, report)}${lines.join('\n')}\n`;
}
