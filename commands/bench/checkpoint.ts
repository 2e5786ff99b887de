/** `retort bench checkpoint`: how long a checkpoint's parameters take to be read, and what memory that takes. */
import type { Command } from 'commander';
import { describeMachine, machineLine } from '../../core/machine.js';
import { bytesText } from '../../core/report/units.js';
import { medianEstimate, sum } from '../../core/statistics.js';
import { openCheckpoint } from '../../models/checkpoints/open.js';
import type { EncoderPreset } from '../../models/encoder-presets.js';
import { integer } from '../options.js';
import { presetOption } from '../preset-option.js';

interface Options {
  readonly rounds: number;
  readonly preset?: EncoderPreset;
  readonly json?: true;
}

export function register(bench: Command): void {
  bench
    .command('checkpoint')
    .summary("seconds and memory to read a checkpoint's parameters")
    .description('Reads the parameters of a BERT or ERNIE checkpoint as `train teacher` and `export` do.')
    .argument('<folder>', 'of the checkpoint')
    .option('--rounds <n>', 'times that it is read; the memory is that of the first', integer(1, 1000), 6)
    .addOption(presetOption())
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', '\nExamples:\n  retort bench checkpoint ernie-3.0-base-zh\n')
    .action(run);
}

async function run(folder: string, { rounds, preset, json }: Options): Promise<void> {
  const beforeBytes = process.memoryUsage.rss();
  const first = await read(folder, preset);
  const peakBytes = 1024 * process.resourceUsage().maxRSS;
  const seconds = [first.seconds];
  while (seconds.length < rounds) seconds.push((await read(folder, preset)).seconds);
  const { format, parameterBytes } = first;
  const time = medianEstimate(seconds);
  const report = {
    seconds: time,
    rounds,
    format,
    parameterBytes,
    beforeBytes,
    peakBytes,
    machine: describeMachine(),
  };
  if (json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const interval = time.interval?.map((end) => end.toFixed(2)).join(', ');
  process.stdout.write(
    [
      `read                  ${time.estimate.toFixed(2)} s${interval === undefined ? '' : ` [${interval}]`}`,
      `parameters            ${bytesText(parameterBytes)} as fp32`,
      `peak resident memory  ${bytesText(peakBytes)}, of which ${bytesText(beforeBytes)} before`,
      `conditions            ${folder}, ${format}, ${String(rounds)} rounds; median and 95 % interval, from opening the ` +
        `folder on. Only the first may meet files that the system does not hold in memory`,
      `machine               ${machineLine(report.machine)}`,
      '',
    ].join('\n'),
  );
}

async function read(folder: string, preset: EncoderPreset | undefined) {
  const begin = performance.now();
  const checkpoint = await openCheckpoint(folder, preset);
  try {
    const parameters = await checkpoint.readParameters();
    const seconds = (performance.now() - begin) / 1000;
    const parameterBytes = sum([...parameters.values()].map(({ data }) => data.byteLength));
    return { seconds, parameterBytes, format: checkpoint.format };
  } finally {
    await checkpoint.close();
  }
}
