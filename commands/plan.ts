/** `retort plan`: replicas, cores and memory for a rate and a bound on the p99, by simulation. */
import type { Command } from 'commander';
import { fail } from '../core/errors.js';
import { prepareToWrite, writeWhole } from '../core/write-whole.js';
import { check, type Checked } from '../loadtest/plan/check.js';
import { readCosts, type ServingCosts } from '../loadtest/plan/costs.js';
import { plan } from '../loadtest/plan/plan.js';
import { renderChecks, renderPlan, signedPercent } from '../loadtest/plan/render-plan.js';
import { collect, decimal, givenFlag, integer } from './options.js';

interface PlanCommandOptions {
  readonly rate?: number;
  readonly p99: number;
  readonly cores?: number;
  readonly workers?: number;
  readonly spare: number;
  readonly check?: string[];
  readonly requests: number;
  readonly seed: number;
  readonly out?: string;
  readonly html?: string;
  readonly json?: true;
}

/** Of a replica, where none are given. */
const coresTried = [1, 2, 4, 8, 16];
/** What --check takes from the reports, or has not. */
const ofRateAlone = ['html', 'p99', 'spare', 'requests', 'seed'];

export function register(program: Command): void {
  program
    .command('plan')
    .summary('replicas, cores and memory for a rate and a p99, by simulation')
    .description(
      'Simulates the server under Poisson arrivals with costs that `retort bench costs` measured: its main thread, its ' +
        'queue with the same batching policy, and its workers, sharing the cores of a replica. With --check it compares ' +
        'what it predicts with what load tests measured.',
    )
    .argument('<costs>', 'file of `retort bench costs --out`')
    .option('--rate <n>', 'texts a second, one a request', decimal(0.1, 1e7))
    .option('--p99 <ms>', 'bound on the latency', decimal(0.1, 60_000), 50)
    .option('--cores <n>', `of a replica (default: tries ${coresTried.join(', ')})`, integer(1, 256))
    .option('--workers <n>', 'worker processes of a replica (default: one a core)', integer(1, 256))
    .option('--spare <n>', 'replicas beyond those that the rate needs', integer(0, 100), 0)
    .option(
      '--check <report>',
      'a report of `loadtest --rate` or --find-capacity to compare with; repeatable',
      collect,
    )
    .option('--requests <n>', 'simulated for each rate', integer(1000, 1e7), 20_000)
    .option('--seed <n>', 'of arrivals and texts', integer(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'write the plan as JSON')
    .option('--html <file>', 'write the plan as a page, with the cost curve up to 100,000 texts/s')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort plan costs.json --rate 5000 --p99 50 --html plan.html
  retort plan costs.json --check capacity.json --check at-200.json --workers 1
  retort bench costs --out costs.json

Exit status: 1 when a prediction is off by more than 25 % (p99) or 10 % (capacity).`;

async function run(path: string, options: PlanCommandOptions, command: Command): Promise<void> {
  const { rate, check: reports } = options;
  if ((rate === undefined) === (reports === undefined))
    throw fail('command_line_invalid', { reason: 'give either --rate or --check' });
  if (reports !== undefined) {
    const idle = givenFlag(command, ofRateAlone);
    if (idle !== undefined)
      throw fail('command_line_invalid', {
        reason: `--check does what the reports say, and has no ${idle}`,
      });
  }
  const costs = await readCosts(path);
  await prepareToWrite(options.out, options.html);
  if (reports !== undefined) await compare(costs, reports, options);
  else await lay(costs, rate ?? 0, options);
}

async function lay(costs: ServingCosts, rate: number, options: PlanCommandOptions): Promise<void> {
  const { p99: p99BoundMs, cores, workers, spare, seed, requests, out, html, json } = options;
  const sizes = cores === undefined ? coresTried : [cores];
  const replicas = sizes.map((size) => ({ cores: size, workers: workers ?? size }));
  const found = plan({ costs, rate, p99BoundMs, replicas, spare, seed, requests });
  const written = `${JSON.stringify(found, null, 2)}\n`;
  process.stdout.write(json === true ? written : `${renderPlan(found, costs)}\n`);
  if (out !== undefined) await writeWhole(out, written);
  if (html !== undefined) {
    // Drawing takes a while to load.
    const { planPage } = await import('../loadtest/plan/plan-page.js');
    await writeWhole(html, planPage(found, costs));
  }
}

async function compare(
  costs: ServingCosts,
  reports: readonly string[],
  options: PlanCommandOptions,
): Promise<void> {
  const { json, out } = options;
  const cores = options.cores ?? costs.machine.cores;
  const replica = { cores, workers: options.workers ?? cores };
  const checks: Checked[] = [];
  for (const report of reports) checks.push(...(await check(report, { costs, replica })));
  const written = `${JSON.stringify({ bundle: costs.bundle, replica, checks }, null, 2)}\n`;
  process.stdout.write(json === true ? written : `${renderChecks(checks)}\n`);
  if (out !== undefined) await writeWhole(out, written);
  const misses = checks.filter(({ error, allowed }) => allowed !== null && !(Math.abs(error) <= allowed));
  if (misses.length > 0) {
    throw fail('plan_prediction_off', {
      misses: misses.map(({ file, what, error }) => `${file}, ${what}, ${signedPercent(error)}`).join('; '),
    });
  }
}
