/** `retort inspect`: what an ONNX file or a checkpoint's folder holds. */
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../core/errors.js';
import type { Sizes } from '../export/inspect/symbols.js';
import { type CheckpointOptions, inspectCheckpoint } from './inspect/checkpoint.js';
import { printModel } from './inspect/model.js';
import { decimal, givenFlag } from './options.js';
import { presetOption } from './preset-option.js';

interface Options extends CheckpointOptions {
  readonly shape?: readonly Sizes[];
}

export function register(program: Command): void {
  program
    .command('inspect')
    .summary('tell what an ONNX file or a checkpoint folder holds, and what it costs')
    .description(
      'Of an ONNX file: inputs, outputs, opsets, operators, parameters, the largest tensors, and what a run computes, ' +
        'moves and holds at given shapes; only as much of the file is read as that takes. Of a BERT or ERNIE ' +
        'checkpoint: its configuration, its parameters and where each goes in the encoder; with --verify it runs the ' +
        'inputs of a file that the original library wrote, and compares the logits.',
    )
    .argument('<file-or-folder>', 'an ONNX file, or the folder of a checkpoint')
    .option(
      '--shape <sizes>',
      'of an ONNX file: sizes of open dimensions, such as batch_size=1,sequence_length=64; may be repeated',
      shape,
    )
    .option('--verify <golden.json>', 'input_ids, attention_mask?, token_type_ids? and logits, row by row')
    .option('--tolerance <difference>', 'the largest of a logit that is accepted', decimal(0, 1e9), 1e-4)
    .addOption(presetOption())
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort inspect model.onnx
  retort inspect model.onnx --shape batch_size=1,sequence_length=64 --shape batch_size=8,sequence_length=64
  retort inspect ernie-3.0-base-zh
  retort inspect ernie-3.0-base-zh --verify golden.json --tolerance 1e-4
`;

/** By commander's names. */
const ofFiles = ['shape'];
const ofCheckpoints = ['verify', 'tolerance', 'preset'];

async function run(path: string, options: Options, command: Command): Promise<void> {
  const found = await stat(path).catch(() => null);
  const isFolder = found === null ? !path.endsWith('.onnx') : found.isDirectory();
  const idle = givenFlag(command, isFolder ? ofFiles : ofCheckpoints);
  if (idle !== undefined)
    throw fail('command_line_invalid', {
      reason: `${idle} is of ${isFolder ? 'an ONNX file' : "a checkpoint's folder"}`,
    });
  if (isFolder) await inspectCheckpoint(path, options);
  else await printModel(path, options.shape ?? [], options.json === true);
}

/** `batch_size=1,sequence_length=64` */
function shape(value: string, before: readonly Sizes[] = []): Sizes[] {
  const sizes = value.split(',').map((part): [string, number] => {
    const [, name = '', size = ''] = /^\s*(.+?)\s*=\s*(\d{1,9})\s*$/.exec(part) ?? [];
    if (name === '') throw new InvalidArgumentError('It must be NAME=SIZE, with commas between.');
    return [name, Number(size)];
  });
  return [...before, Object.fromEntries(sizes)];
}
