/** `retort optimize`: any ONNX file, with fewer and faster operators, proved to compute the same. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Graph } from '../core/graph/ir.js';
import { encodeModel, readModel } from '../core/graph/onnx.js';
import { modelBytes } from '../core/graph/onnx-file.js';
import { tally } from '../core/tally.js';
import { openTokenizerFolder } from '../core/text/tokenizer-folder.js';
import { writeWhole } from '../core/write-whole.js';
import { operatorName } from '../export/inspect/profile.js';
import { type Checked, optimizeChecked } from '../export/optimize/optimize-checked.js';
import { type Target, targets } from '../export/optimize/rule.js';
import { opsetOf } from '../export/opset/convert.js';
import { withLengths } from '../export/optimize/wire-lengths.js';
import { latencyRules, rulesFor } from '../export/optimize/rules.js';
import { type InputKind, inputKinds } from '../export/optimize/validate/input-kinds.js';
import { collect, commaSeparated, decimal, integer, latencyHelp } from './options.js';
import { reportOption, reportRewriting } from './rewrite-report.js';

interface Options {
  readonly target: Target;
  readonly standardOps?: true;
  readonly latency?: true;
  readonly opset?: OpsetWindow;
  readonly irVersion?: number;
  readonly explain?: true;
  readonly steps?: number;
  readonly disable?: readonly string[];
  readonly enable?: readonly string[];
  readonly tokenizer?: string;
  readonly maxTokens: number;
  readonly text?: readonly string[];
  readonly input?: Readonly<Record<string, InputKind>>;
  readonly lengths?: string;
  readonly tolerance: number;
  readonly report?: string;
  readonly json?: true;
}

interface OpsetWindow {
  readonly oldest: number;
  readonly newest: number;
}

const mostSteps = 1e9;

export function register(program: Command): void {
  program
    .command('optimize')
    .summary('rewrite any ONNX file with fused operators, checked against the original')
    .description(
      'Cleans a graph and fuses its operators: attention, embeddings, normalisations, activations, LSTMs. The ' +
        'result is written only where ONNX Runtime, with its own optimisation disabled, accepts it and gives what ' +
        'the original gives, on rows of every kind of padding. docs/optimize.md lists the rules.',
    )
    .argument('<in>', 'the ONNX file')
    .argument('<out>', 'the ONNX file to write')
    .addOption(new Option('--target <target>', 'where it will run').choices(targets).default('cpu'))
    .option('--standard-ops', 'use no operator of com.microsoft')
    .option('--latency', latencyHelp)
    .option(
      '--opset <n or window>',
      'of the standard operators in the file that is written: 17; or 13..18, within which it stays as it is',
      opsetWindow,
    )
    .option(
      '--ir-version <n>',
      'of the file that is written (default: its own, or what the opset asks for)',
      integer(3, 100),
    )
    .option('--explain', 'list every place that almost matched a rule, and why it did not')
    .option('--disable <rules>', 'rules to leave out, with commas between', commaSeparated)
    .option('--enable <rules>', 'rules to apply though they are off on the target', commaSeparated)
    .option(
      '--steps <number>',
      'make so many rewrites only, to find one that goes wrong',
      integer(0, mostSteps),
    )
    .option('--tokenizer <path>', 'check on texts too: a tokenizer.json, vocab.txt, or their folder')
    .option('--max-tokens <number>', 'the longest text in tokens', integer(2, 1e6), 128)
    .option('--text <text>', 'a text to check on; may be given several times', collect)
    .option('--input <name=kind>', `what an input takes: ${inputKinds.join(', ')}`, inputKind)
    .option(
      '--lengths <input>',
      'give LSTMs that have none the lengths of this input (Paddle2ONNX leaves them out)',
    )
    .option('--tolerance <difference>', 'the largest difference of an output', decimal(0, 1e9), 1e-4)
    .addOption(reportOption())
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort optimize model.onnx model.opt.onnx\n  retort optimize model.onnx out.onnx --target cuda --explain\n',
    )
    .action(run);
}

const defaultTexts = [
  '这家酒店的房间很干净,服务也好。',
  '太差了',
  'A quite ordinary sentence, in no way special.',
];

async function run(input: string, output: string, options: Options, command: Command): Promise<void> {
  const { target, standardOps, latency, disable = [], enable = [], steps, tolerance } = options;
  if (latency === true && target !== 'cpu') command.error('error: --latency is for --target cpu');
  const read = await readModel(input);
  const model = options.lengths === undefined ? read : withLengths(read, options.lengths);
  const checked = await optimizeChecked(
    model,
    {
      target,
      contrib: standardOps !== true,
      latency: latency === true,
      disabled: disable,
      enabled: enable,
      ...(options.opset === undefined ? {} : { opset: nearestIn(options.opset, opsetOf(model)) }),
      ...(options.irVersion === undefined ? {} : { irVersion: options.irVersion }),
      ...(steps === undefined ? {} : { steps }),
    },
    { tolerance, inputs: options.input ?? {}, texts: await textsOf(options) },
  );
  const written = encodeModel(checked.optimized.model);
  // The output may take the input's place.
  const sizes = { before: await modelBytes(input), after: written.length };
  await writeWhole(output, written);
  if (options.report !== undefined)
    await reportRewriting(options.report, {
      title: `${path.basename(input)} optimised`,
      before: model,
      beforeBytes: sizes.before,
      after: checked.optimized.model,
      rewrites: checked.optimized.rewrites,
      validation: checked.validation,
      inputs: options.input ?? {},
    });
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(report(model.graph, checked, sizes, options))}\n`);
  else print(model.graph, checked, sizes, options, output);
}

function opsetWindow(value: string): OpsetWindow {
  const [, oldest = '', newest = oldest] = /^([0-9]{1,3})(?:\.\.([0-9]{1,3}))?$/.exec(value) ?? [];
  if (oldest === '' || Number(oldest) > Number(newest))
    throw new InvalidArgumentError('It must be an opset, as 17, or a window of them, as 13..18.');
  return { oldest: Number(oldest), newest: Number(newest) };
}

function nearestIn({ oldest, newest }: OpsetWindow, opset: number): number {
  return Math.min(newest, Math.max(oldest, opset));
}

function inputKind(
  value: string,
  before: Readonly<Record<string, InputKind>> = {},
): Record<string, InputKind> {
  const at = value.lastIndexOf('=');
  const kind = inputKinds.find((one) => one === value.slice(at + 1));
  if (at < 1 || kind === undefined)
    throw new InvalidArgumentError(`It must be NAME=KIND, with a kind of ${inputKinds.join(', ')}.`);
  return { ...before, [value.slice(0, at)]: kind };
}

async function textsOf({ tokenizer, maxTokens, text }: Options): Promise<number[][]> {
  if (tokenizer === undefined) return [];
  const opened = await openTokenizerFolder(tokenizer, maxTokens);
  return (text ?? defaultTexts).map((one) => opened.tokenizer.encode(one));
}

interface Sizes {
  readonly before: number;
  readonly after: number;
}

function report(before: Graph, { optimized, validation }: Checked, bytes: Sizes, options: Options): object {
  const { target, explain } = options;
  return {
    target,
    nodes: { before: before.nodes.length, after: optimized.model.graph.nodes.length },
    operators: { before: operatorsOf(before), after: operatorsOf(optimized.model.graph) },
    bytes,
    passes: optimized.passes,
    rewrites: optimized.rewrites,
    off: rulesOff(options),
    ...(explain === true ? { refusals: optimized.refusals } : {}),
    validation,
  };
}

function print(
  before: Graph,
  { optimized, validation }: Checked,
  bytes: Sizes,
  options: Options,
  output: string,
): void {
  const { target, explain } = options;
  const after = optimized.model.graph;
  const mebibytes = (size: number) => (size / 2 ** 20).toFixed(2);
  const milliseconds = optimized.passes.reduce((sum, pass) => sum + pass.milliseconds, 0);
  const lines = [
    `${output}: ${String(before.nodes.length)} nodes became ${String(after.nodes.length)}, ` +
      `${mebibytes(bytes.before)} MiB ${mebibytes(bytes.after)} MiB, in ${(milliseconds / 1000).toFixed(2)} s`,
    '',
  ];
  const [had, has] = [operatorsOf(before), operatorsOf(after)];
  for (const operator of [...new Set([...Object.keys(has), ...Object.keys(had)])].sort())
    lines.push(
      `  ${operator.padEnd(28)} ${String(had[operator] ?? 0).padStart(5)} ${String(has[operator] ?? 0).padStart(5)}`,
    );
  lines.push('');
  for (const [rule, times] of Object.entries(tally(optimized.rewrites.map(({ rule }) => rule))))
    lines.push(`  ${rule.padEnd(28)} ${String(times).padStart(5)} times`);
  lines.push('');
  if (explain === true) {
    for (const { rule, node, reason } of optimized.refusals)
      lines.push(`  ${rule} not at ${node}: ${reason}`);
    for (const { rule, why } of rulesOff(options)) lines.push(`  ${rule} is off for ${target}: ${why}`);
    if (optimized.refusals.length === 0) lines.push('  nothing else almost matched');
    lines.push('');
  } else if (optimized.refusals.length > 0)
    lines.push(`  ${String(optimized.refusals.length)} places almost matched; --explain says why not`, '');
  const { difference, tolerance, cases, skipped } = validation;
  lines.push(
    `  largest difference ${difference.toExponential(1)}, ${String(tolerance)} allowed, on: ${cases.join('; ')}`,
  );
  if (skipped.length > 0)
    lines.push(`  not compared, since the original refuses them: ${skipped.join('; ')}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function rulesOff({ target, latency }: Options): { rule: string; why: string }[] {
  const listed = rulesFor({ target }, { enabled: [], disabled: [] }).flatMap(({ rule, why }) =>
    why === null ? [] : [{ rule: rule.name, why }],
  );
  const arranging = latency === true || target !== 'cpu' ? [] : latencyRules;
  return [...listed, ...arranging.map(({ name }) => ({ rule: name, why: withoutLatency }))];
}

const withoutLatency = 'it makes more nodes; --latency turns it on, since on a CPU they take less time';

function operatorsOf({ nodes }: Graph): Record<string, number> {
  return tally(nodes.map(operatorName));
}
