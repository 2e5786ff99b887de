/** `retort export`: a training run becomes a bundle. */
import type { Command } from 'commander';
import { exportStudent } from '../export/student.js';
import { shippedRepository } from './shipped.js';

interface Options {
  readonly repository: string;
  readonly name: string;
  readonly modelVersion: string;
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
    .argument('<run>', 'the folder that `retort train student --out` filled')
    .option('--repository <folder>', 'where the bundle goes', shippedRepository)
    .option('--name <name>', "the model's name", 'student')
    .option('--model-version <version>', "the bundle's version", '1')
    .option('--force', 'replace a version that is there')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nExample:\n  retort export runs/student --repository models --model-version 2\n')
    .action(run);
}

async function run(folder: string, { repository, name, modelVersion, force, json }: Options): Promise<void> {
  const report = await exportStudent({
    run: folder,
    repository,
    name,
    version: modelVersion,
    replace: force === true,
    now: new Date(),
  });
  if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(
      `${report.folder}: ${String(report.nodes)} nodes, ${(report.bytes / 2 ** 20).toFixed(1)} MiB; largest logit difference ` +
        `from the eager forward ${report.difference.toExponential(1)} on ${String(report.texts)} texts\n`,
    );
  }
}
