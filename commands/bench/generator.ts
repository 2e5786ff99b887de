/** `retort bench generator`: how far the load generator can be believed. */
import type { Command } from 'commander';
import { describeMachine, machineLine } from '../../core/machine.js';
import { withKnownServer } from '../../loadtest/bench/known-server.js';
import { measureStall } from '../../loadtest/bench/stall.js';
import { offered } from '../../loadtest/outcome.js';
import { startGenerator } from '../../loadtest/open-loop/generator-handle.js';
import { commaSeparated, decimal, integer } from '../options.js';

interface GeneratorBenchOptions {
  readonly rates: readonly number[];
  readonly duration: number;
  readonly seed: number;
  readonly json?: true;
}

const body = JSON.stringify({ text: '房间很干净,服务也热情。' });
const timeoutMs = 30_000;
/** Of the stall's known p99. */
const stallTolerance = 0.1;
const maxInFlight = 1000;

export function register(bench: Command): void {
  bench
    .command('generator')
    .summary("the load generator's own lag, overhead and highest rate, and what it sees of a stall")
    .description(
      'Loads a server that answers at once, in a process of its own, at several rates; and one that stands still for a ' +
        'second, which autocannon then loads too.',
    )
    .option(
      '--rates <list>',
      'requests a second, with commas between',
      (list) => commaSeparated(list).map(decimal(0.1, 1e6)),
      [100, 1000, 5000, 10_000, 20_000, 30_000],
    )
    .option('--duration <seconds>', 'at each rate', decimal(1, 60), 5)
    .option('--seed <n>', 'of the arrivals', integer(0, 2 ** 31 - 1), 1)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Example:
  retort bench generator --rates 1000,20000

Exit status: 1 when the generator reports another p99 of the stall than the known one, by more than a tenth.`;

async function run({ rates, duration, seed, json }: GeneratorBenchOptions): Promise<void> {
  const machine = describeMachine();
  const table = await loadsAt(rates, duration, seed);
  const stall = await measureStall(seed);
  const { expected, openLoop } = stall;
  const isRight =
    openLoop.requests === expected.requests && Math.abs(openLoop.p99 / expected.p99 - 1) <= stallTolerance;
  if (!isRight) process.exitCode = 1;
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ rates: table, stall, machine }, null, 2)}\n`);
    return;
  }
  const ms = (value: number | undefined) => (value === undefined ? 'none' : value.toFixed(2)).padStart(9);
  const lines = table.map(
    ({ rate, requestsPerSecond, lagMs, latencyFromSendingMs, generatorCores, microsecondsEach, ended }) =>
      `${String(rate).padStart(8)}${requestsPerSecond.toFixed(0).padStart(10)}${ms(lagMs?.p50)}${ms(lagMs?.p99)}` +
      `${ms(latencyFromSendingMs?.p50)}${ms(latencyFromSendingMs?.p99)}${generatorCores.toFixed(2).padStart(7)}` +
      `${microsecondsEach.toFixed(1).padStart(9)}  ${ended}`,
  );
  const view = ({ requests, p50, p90, p99, max }: (typeof stall)['expected']) =>
    `${String(requests).padStart(8)}${ms(p50)}${ms(p90)}${ms(p99)}${ms(max)}`;
  process.stdout.write(
    [
      'a server that answers at once',
      '    rate    answered   lag p50  lag p99 from sending: p50  p99  cores  us/request',
      ...lines,
      '',
      `a server that stands still for ${stall.stallMs} ms, ${stall.rate} requests/s for ${stall.seconds} s, latency in ms`,
      '                    requests      p50      p90      p99      max',
      `  known             ${view(stall.expected)}`,
      `  open loop         ${view(stall.openLoop)}`,
      `  autocannon        ${view(stall.autocannon)}`,
      `conditions  generator and server in a process each, Poisson arrivals, ${duration} s a rate after 1 s; constant arrivals ` +
        'for the stall, autocannon with overallRate and 10 connections',
      `machine     ${machineLine(machine)}`,
      '',
    ].join('\n'),
  );
}

async function loadsAt(rates: readonly number[], seconds: number, seed: number) {
  return withKnownServer({}, async (server) => {
    const target = {
      protocol: 'http',
      url: server.url.href,
      headers: {},
      bodies: [body],
      timeoutMs,
    } as const;
    const generator = await startGenerator(target);
    try {
      const table = [];
      for (const rate of rates) {
        const stages = [{ seconds, from: rate, to: rate }];
        const plan = { stages, arrivals: 'poisson' as const, seed, warmupSeconds: 1, maxInFlight };
        const { measured, ended } = await generator.run(plan);
        const { requestsPerSecond, lagMs, latencyFromSendingMs, generatorCores } = measured;
        const microsecondsEach =
          (1e6 * generatorCores * measured.durationSeconds) / Math.max(1, offered(measured.outcomes));
        table.push({
          rate,
          requestsPerSecond,
          lagMs,
          latencyFromSendingMs,
          generatorCores,
          microsecondsEach,
          ended,
        });
      }
      return table;
    } finally {
      generator.close();
    }
  });
}
