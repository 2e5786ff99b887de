/** `retort bench costs`: what serving a model costs on this machine, for `retort plan`. */
import type { Command } from 'commander';
import { prepareToWrite, writeWhole } from '../../core/write-whole.js';
import { renderCosts } from '../../loadtest/plan/render-costs.js';
import { decimal, integer } from '../options.js';
import { CostsMeasurement } from './measure-costs.js';
import { withServedBundle } from './served-bundle.js';

interface CostsOptions {
  readonly duration: number;
  readonly texts?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

const turns = 5;

export function register(bench: Command): void {
  bench
    .command('costs')
    .summary('what serving costs by batch and length, for `retort plan`')
    .description(
      'Measures runs of the session over a grid of rows and lengths, bare sessions on one core and on all, and a ' +
        `server of one worker under closed loops of one and of many connections and an open loop, all in ${turns} turns.`,
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .option('--duration <seconds>', 'of each of its measurements', decimal(0.5, 120), 10)
    .option(
      '--texts <file>',
      'texts as they will come, .txt or .jsonl, each also .gz (default: built-in reviews)',
    )
    .option('--seed <n>', 'of the order of the measurements', integer(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'write the costs as JSON')
    .option('--json', 'print the costs as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  retort bench costs --out costs.json\n  retort plan costs.json --rate 5000 --p99 50',
    )
    .action(run);
}

async function run(model: string | undefined, options: CostsOptions): Promise<void> {
  const { texts, out, json, duration, seed } = options;
  await prepareToWrite(out);
  await withServedBundle({ model, texts, workers: 1 }, async (served) => {
    const measurement = await CostsMeasurement.start(served, { seconds: duration, turns, seed });
    for (let turn = 0; turn < turns; turn += 1) await measurement.turn();
    const costs = measurement.result();
    const written = `${JSON.stringify(costs)}\n`;
    process.stdout.write(json === true ? written : `${renderCosts(costs)}\n`);
    if (out !== undefined) await writeWhole(out, written);
  });
}
