/** `retort bench export`: one graph as Retort and as others optimise it, timed in turn. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { type Command, InvalidArgumentError } from 'commander';
import { openBundle } from '../../core/bundle/read.js';
import { readModel } from '../../core/graph/onnx.js';
import { describeMachine, machineLine } from '../../core/machine.js';
import {
  fewestForInterval,
  type Interval,
  median,
  medianEstimate,
  pairedRatio,
} from '../../core/statistics.js';
import { inputsOf, ownForms } from '../../export/bench/own-forms.js';
import { pythonPeers } from '../../export/bench/python-peers.js';
import { runRounds, type Shape, type Timing } from '../../export/bench/rounds.js';
import { sessionContestant } from '../../export/bench/session-contestant.js';
import { commaSeparated, integer } from '../options.js';
import { bundleFolder } from '../shipped.js';

interface Options {
  readonly python?: string;
  readonly shapes: readonly Shape[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly json?: true;
}

const defaultShapes: readonly Shape[] = [
  { rows: 1, length: 16 },
  { rows: 1, length: 64 },
  { rows: 8, length: 64 },
];

export function register(bench: Command): void {
  bench
    .command('export')
    .summary('one graph, optimised and quantised here and by others, timed in turn')
    .description(
      'Optimises and quantises a graph, lets peers do the same where --python names an interpreter that has them, and ' +
        'times every file in the same session loop, in turn, round after round. Each peer saves its own file; OpenVINO ' +
        'runs in a process of its own. Ratios are to the original under ONNX Runtime\u2019s level "all".',
    )
    .argument('<model>', 'an ONNX file, a shipped model, or the folder of a bundle')
    .option(
      '--python <path>',
      'an interpreter with onnx, onnxruntime, onnxscript and openvino (default: no peers)',
    )
    .option('--shapes <list>', 'rows x tokens, with commas between', shapes, defaultShapes)
    .option('--threads <list>', 'intra-op threads, with commas between', counts, [1, 2])
    .option('--rounds <n>', 'rounds of all', integer(3, 1000), 15)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort bench export model.onnx --python venv/bin/python --shapes 1x16,1x64,8x64',
    )
    .action(run);
}

async function run(model: string, { python, shapes: asked, threads, rounds, json }: Options): Promise<void> {
  const machine = describeMachine();
  const file = await fileOf(model);
  const source = await readModel(file);
  const scratch = await mkdtemp(join(tmpdir(), 'retort-bench-'));
  const onProgress = (line: string) => {
    process.stderr.write(`${line}\n`);
  };
  try {
    const own = await ownForms(file, scratch);
    const peers =
      python === undefined
        ? { contestants: [], failures: ['no --python: peers are not measured, ONNX Runtime alone is'] }
        : await pythonPeers(python, file, scratch);
    const contestants = [
      await sessionContestant('original, level all', 'fp32', file),
      await sessionContestant('original, disabled', 'fp32', file, 'disabled'),
      ...own.contestants,
      ...peers.contestants,
    ];
    const inputs = ({ rows, length }: Shape) => inputsOf(source, rows, length);
    const timings = await runRounds(contestants, { rounds, threads, shapes: asked, inputs, onProgress });
    const rows = timings.map((timing) => rowOf(timing, timings));
    const report = {
      model,
      nodes: source.graph.nodes.length,
      optimizeMilliseconds: own.optimizeMilliseconds,
      rounds,
      machine,
      failures: peers.failures,
      rows,
    };
    process.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : rendered(report));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Row {
  readonly name: string;
  readonly precision: string;
  readonly nodes: number | null;
  readonly bytes: number;
  readonly threads: number;
  readonly shape: string;
  readonly median: number;
  /** Null where there are too few rounds for one. */
  readonly interval: Interval | null;
  /** Median of processor time, over all threads. */
  readonly processor: number;
  /** Its time over the original's, paired by round. */
  readonly ratio: number;
  readonly difference: number;
}

/** Of the bootstrap's resamples. */
const seed = 1;

function rowOf(timing: Timing, all: readonly Timing[]): Row {
  const { contestant, threads, shape, milliseconds, difference } = timing;
  const { estimate, interval } = medianEstimate(milliseconds);
  const first = all.find((other) => other.threads === threads && other.shape === shape) ?? timing;
  const { name, precision, nodes, bytes } = contestant;
  return {
    name,
    precision,
    nodes,
    bytes,
    threads,
    shape: `${String(shape.rows)}x${String(shape.length)}`,
    median: estimate,
    interval,
    processor: median(timing.processorMilliseconds),
    ratio: pairedRatio(milliseconds, first.milliseconds, { seed }).estimate,
    difference,
  };
}

function rendered(report: {
  readonly model: string;
  readonly nodes: number;
  readonly optimizeMilliseconds: number;
  readonly rounds: number;
  readonly machine: ReturnType<typeof describeMachine>;
  readonly failures: readonly string[];
  readonly rows: readonly Row[];
}): string {
  const { rows } = report;
  const columns = [...new Set(rows.map(({ threads, shape }) => `${shape}, ${String(threads)} thr.`))];
  const table = new Table({
    head: ['form', 'precision', 'nodes', 'MiB', ...columns, 'difference'],
    style: { head: [], border: [] },
  });
  for (const name of new Set(rows.map((row) => row.name))) {
    const own = rows.filter((row) => row.name === name);
    const [first] = own;
    if (first === undefined) continue;
    const cells = columns.map((column) => {
      const row = own.find(({ threads, shape }) => `${shape}, ${String(threads)} thr.` === column);
      if (row === undefined) return '-';
      const interval =
        row.interval === null ? '' : ` [${row.interval.map((bound) => bound.toFixed(2)).join(', ')}]`;
      return `${row.median.toFixed(2)}${interval} x${row.ratio.toFixed(2)}, processor ${row.processor.toFixed(2)}`;
    });
    const mebibytes = (first.bytes / 2 ** 20).toFixed(1);
    const difference = Math.max(...own.map((row) => row.difference));
    table.push([name, first.precision, first.nodes ?? '-', mebibytes, ...cells, difference.toExponential(1)]);
  }
  return [
    `${report.model}: ${String(report.nodes)} nodes, optimised in ${(report.optimizeMilliseconds / 1000).toFixed(2)} s`,
    table.toString(),
    `Milliseconds a run: median ${report.rounds < fewestForInterval ? '(an interval takes six rounds)' : '[95 % interval]'}, ratio to the first row, and median of processor time, of ${String(report.rounds)} rounds in turn; ` +
      'difference: the largest of the first output from the first row\u2019s.',
    ...report.failures,
    machineLine(report.machine),
    '',
  ].join('\n');
}

async function fileOf(model: string): Promise<string> {
  if (model.endsWith('.onnx')) return model;
  const bundle = await openBundle(await bundleFolder(model));
  return bundle.path(bundle.manifest.variants[0]?.file ?? '');
}

function shapes(list: string): Shape[] {
  return commaSeparated(list).map((one) => {
    const [, rows, length] = /^([0-9]+)x([0-9]+)$/.exec(one) ?? [];
    if (rows === undefined || length === undefined || Number(rows) < 1 || Number(length) < 1)
      throw new InvalidArgumentError('It must be ROWSxTOKENS, with commas between, as 1x16,8x64.');
    return { rows: Number(rows), length: Number(length) };
  });
}

function counts(list: string): number[] {
  return commaSeparated(list).map(integer(1, 256));
}
