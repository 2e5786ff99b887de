/** `retort bench plan`: what `retort plan` predicts beside what a server does, costs and loads measured in turn. */
import type { Command } from 'commander';
import { prepareToWrite, writeWhole } from '../../core/write-whole.js';
import { loadInChild } from '../../loadtest/bench/child.js';
import { comparedRounds } from '../../loadtest/plan/rounds.js';
import { warmupSecondsAt } from '../../loadtest/plan/warm-up.js';
import { renderCosts } from '../../loadtest/plan/render-costs.js';
import { renderChecks } from '../../loadtest/plan/render-plan.js';
import { commaSeparated, decimal, integer } from '../options.js';
import { CostsMeasurement } from './measure-costs.js';
import { cli, withServedBundle } from './served-bundle.js';

interface PlanBenchOptions {
  readonly workers: number;
  readonly rates: readonly number[];
  readonly p99: number;
  readonly rounds: number;
  readonly duration: number;
  readonly texts?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

/** Of each measurement of the costs, in a turn. */
const costSeconds = 1.5;

export function register(bench: Command): void {
  bench
    .command('plan')
    .summary('what `retort plan` predicts beside what a server does')
    .description(
      'Measures costs, loads a server and searches its capacity in turn, round by round, and prints predicted beside ' +
        'measured. The pace of the machine is taken from each load itself.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .option('--workers <n>', 'of the server that is loaded', integer(1, 256), 1)
    .option(
      '--rates <list>',
      'requests a second, each loaded in every round',
      (list) => commaSeparated(list).map(decimal(0.1, 1e6)),
      [200, 500],
    )
    .option('--p99 <ms>', 'the bound of the capacity', decimal(0.1, 60_000), 50)
    .option('--rounds <n>', 'of costs and loads', integer(1, 100), 3)
    .option('--duration <seconds>', 'of each load', decimal(1, 600), 10)
    .option(
      '--texts <file>',
      'texts as they will come, .txt or .jsonl, each also .gz (default: built-in reviews)',
    )
    .option('--seed <n>', 'of arrivals and of the order of measurements', integer(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'write costs and comparison as JSON')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  retort bench plan --workers 2 --rates 300,700 --out plan-2.json')
    .action(run);
}

async function run(model: string | undefined, options: PlanBenchOptions): Promise<void> {
  const { workers, rates, p99: p99BoundMs, rounds, duration: seconds, texts, seed, out, json } = options;
  await prepareToWrite(out);
  await withServedBundle({ model, texts, workers: 1 }, async (measured) => {
    const compare = async ({
      served: { target },
      textsFile,
    }: Pick<typeof measured, 'served' | 'textsFile'>) => {
      // One before each round, and one behind the last.
      const turns = rounds + 1;
      const measurement = await CostsMeasurement.start(measured, {
        seconds: costSeconds * turns,
        turns,
        seed,
      });
      const replica = { cores: measurement.cores, workers };
      const checks = await comparedRounds({
        rates,
        rounds,
        p99BoundMs,
        seconds,
        warmupSecondsAt,
        seed,
        costs: async () => {
          await measurement.turn();
          return { costs: measurement.result(), replica };
        },
        load: async ({ seed: each, stages: [stage], warmupSeconds }, rate) => {
          process.stderr.write(`loaded at ${rate.toFixed(0)} requests/s\n`);
          return loadInChild(cli, [
            ...[target.href, '--rate', String(rate), '--duration', String(stage?.seconds ?? seconds)],
            ...['--warmup', String(warmupSeconds), '--seed', String(each), '--texts', textsFile],
            // A server that is overloaded on the same cores makes the generator late too.
            ...['--max-lag', '60000'],
          ]);
        },
      });
      const costs = measurement.result();
      const written = `${JSON.stringify({ costs, replica, checks }, null, 2)}\n`;
      process.stdout.write(json === true ? written : `${renderCosts(costs)}\n${renderChecks(checks)}\n`);
      if (out !== undefined) await writeWhole(out, written);
    };
    if (workers === 1) await compare(measured);
    else await withServedBundle({ model, texts, workers }, compare);
  });
}
