/** `retort loadtest`: what a server does under load, in a closed loop, an open loop, or at its capacity. */
import { Option, type Command } from 'commander';
import { fail } from '../core/errors.js';
import { prepareToWrite } from '../core/write-whole.js';
import { closedLoopClientNames } from '../loadtest/closed-loop-clients.js';
import { arrivalKinds } from '../loadtest/open-loop/arrivals.js';
import { parseThreshold, thresholdMetrics } from '../loadtest/thresholds.js';
import { findCapacity, type CapacityOptions } from './loadtest/capacity.js';
import { register as registerCompare } from './loadtest/compare.js';
import { measureClosedLoop, measureOpenLoop } from './loadtest/measure.js';
import { addTargetOptions, openTarget, type TargetOptions } from './loadtest/target.js';
import { collect, decimal, givenFlag, integer } from './options.js';

type LoadtestOptions = TargetOptions & CapacityOptions;

const longestSeconds = 3600;

export function register(program: Command): void {
  const command = program
    .command('loadtest')
    .summary('load a server: closed loop, open loop at a given rate, or the search for its capacity')
    .description(
      'Without --rate or --stages each connection sends its next request when the last one is answered (closed loop), ' +
        'which finds the throughput of a saturated server. With them requests are sent when they are due, whatever the ' +
        'server does (open loop), and latency counts from then.',
    )
    .argument('<url>', 'the server, such as http://127.0.0.1:8080')
    .option(
      '--connections <n>',
      'closed loop: connections, each with one request at a time',
      integer(1, 1024),
    )
    .addOption(
      new Option('--client <name>', 'closed loop: what sends (default: retort)').choices(
        closedLoopClientNames,
      ),
    )
    .option('--rate <n>', 'open loop: requests a second', decimal(0.01, 1e7))
    .option('--stages <list>', 'open loop: steps and ramps, such as 10s:100,20s:100-500')
    .addOption(new Option('--arrivals <kind>', 'open loop').choices(arrivalKinds).default('poisson'))
    .option('--seed <n>', 'open loop: of the arrivals and the order of texts', integer(0, 2 ** 31 - 1), 1)
    .option('--max-in-flight <n>', 'open loop: what is due beyond is dropped', integer(1, 20_000), 1000)
    .option('--max-lag <ms>', 'open loop: the run fails if 1 % were sent later', decimal(0.1, 60_000), 10)
    .option('--find-capacity', 'the highest rate of Poisson arrivals that keeps --p99')
    .option('--p99 <ms>', 'the bound of --find-capacity', decimal(0.1, 60_000), 50)
    .option('--repeats <n>', 'searches of --find-capacity', integer(1, 20), 5)
    .option(
      '--duration <seconds>',
      `how long to measure (each rate, with --find-capacity), at most ${longestSeconds}`,
      decimal(1, longestSeconds),
      10,
    )
    .option('--warmup <seconds>', 'how long to drive the server before that', decimal(0, 60), 2)
    .option('--timeout <seconds>', 'how long a request may take', decimal(0.1, 600), 30)
    .option('--fail-if <condition>', "exit with 1 if it holds, such as 'p99>50ms'; repeatable", collect)
    .option('--out <file>', 'write the report as JSON')
    .option('--html <file>', 'write the report as a page with charts')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples)
    .action(run);
  addTargetOptions(command);
  registerCompare(command);
}

const examples = `
--fail-if takes ${thresholdMetrics.join(', ')}.

Examples:
  retort loadtest http://127.0.0.1:8080
  retort loadtest http://127.0.0.1:8080 --rate 200 --duration 60 --fail-if 'p99>50ms' --fail-if 'errors>0.1%'
  retort loadtest http://127.0.0.1:8080 --stages 10s:100,30s:100-500,10s:500 --out load.json --html load.html
  retort loadtest http://127.0.0.1:8080 --find-capacity --p99 50
  retort loadtest http://127.0.0.1:8000/v2/models/student/infer --rate 50
  retort loadtest grpc://127.0.0.1:8081/student --rate 50
  retort loadtest http://127.0.0.1:3000 --path /classify --body-template '{"inputs": "{{text}}"}'

Exit status: 1 when no request succeeded, a --fail-if holds, or the generator was late; 130 after Ctrl-C, which saves
what was measured until then.`;

/** By commander's names. */
const ofOpenLoop = ['arrivals', 'seed', 'maxInFlight', 'maxLag'];
const ofCapacity = ['p99', 'repeats'];
const chosenByCapacity = ['arrivals', 'warmup'];

async function run(given: string, options: LoadtestOptions, command: Command): Promise<void> {
  const { rate, stages, connections, client } = options;
  if (options.findCapacity === true) {
    if ((rate ?? stages ?? connections ?? client) !== undefined)
      throw conflict('--find-capacity chooses the rates');
    if (options.failIf !== undefined)
      throw conflict('--find-capacity has --p99 as its bound, and no --fail-if');
    const own = givenFlag(command, chosenByCapacity);
    if (own !== undefined) throw conflict(`--find-capacity has its own ${own}`);
  } else {
    const idle = givenFlag(command, ofCapacity);
    if (idle !== undefined) throw conflict(`${idle} is of --find-capacity`);
  }
  const open = rate !== undefined || stages !== undefined;
  if (open && connections !== undefined) throw conflict('--connections is of the closed loop');
  if (open && client !== undefined) throw conflict('--client is of the closed loop');
  const idle = open || options.findCapacity === true ? undefined : givenFlag(command, ofOpenLoop);
  if (idle !== undefined) throw conflict(`${idle} is of the open loop: give --rate or --stages`);
  if (rate !== undefined && stages !== undefined) throw conflict('--stages has rates of its own');
  if (stages !== undefined && givenFlag(command, ['duration']) !== undefined)
    throw conflict('--stages says how long each is');
  const thresholds = (options.failIf ?? []).map(parseThreshold);
  await prepareToWrite(options.out, options.html);
  const target = await openTarget(given, options);
  if (options.findCapacity === true) await findCapacity(target, options);
  else await (open ? measureOpenLoop : measureClosedLoop)(target, options, thresholds);
}

function conflict(reason: string): Error {
  return fail('command_line_invalid', { reason });
}
