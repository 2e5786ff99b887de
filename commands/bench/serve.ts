/** `retort bench serve`: the served route beside bare sessions, and how it bears overload, reloads and dead workers. */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { variantPrecisions } from '../../core/bundle/precisions.js';
import { describeMachine, machineLine } from '../../core/machine.js';
import { startBareLoop } from '../../loadtest/bench/bare-loop.js';
import { loadInChild } from '../../loadtest/bench/child.js';
import { type ScenarioName, scenarioNames, scenarios } from '../../loadtest/bench/scenarios/scenarios.js';
import { renderServeBench, SERVE_BENCH_FORMAT, serveBenchSchema } from '../../loadtest/bench/serve-report.js';
import { runRounds } from '../../loadtest/bench/serve-rounds.js';
import { startGenerator } from '../../loadtest/open-loop/generator-handle.js';
import { decimal, integer } from '../options.js';
import { cli, type ServedBundle, withServedBundle } from './served-bundle.js';

interface ServeBenchOptions {
  readonly scenario: 'throughput' | ScenarioName;
  readonly rounds: number;
  readonly duration: number;
  readonly connections: number;
  readonly workers: number;
  readonly seed: number;
  readonly texts?: string;
  readonly precision?: (typeof variantPrecisions)[number];
  readonly json?: true;
}

const scenarioHelp = scenarioNames.map((name) => `  ${name}: ${scenarios[name].summary}`).join('\n');

export function register(bench: Command): void {
  bench
    .command('serve')
    .summary('throughput of the server over that of bare sessions; latency, overload, reloads, dead workers')
    .description(
      'Starts `retort serve` on a free loopback port, then measures in turn bare sessions one by one, with ' +
        'tokenisation, and in batches of like length, and the server under a closed loop from a process of its own; or plays a scenario under the ' +
        `open-loop generator, after it has looked for the server's peak.\n\nScenarios:\n  throughput: over bare sessions\n${scenarioHelp}`,
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .addOption(
      new Option('--scenario <name>', 'what is measured')
        .choices(['throughput', ...scenarioNames])
        .default('throughput'),
    )
    .option('--rounds <n>', 'rounds of throughput, latency and overload', integer(2, 100), 5)
    .option('--duration <seconds>', 'how long each is measured in a round', decimal(1, 120), 5)
    .option('--connections <n>', 'connections of the closed loop of throughput', integer(1, 1024), 64)
    .option('--workers <n>', 'sessions, each on one thread', integer(1, 256), availableParallelism())
    .option('--texts <file>', 'texts, .txt or .jsonl, each also .gz (default: built-in reviews)')
    .addOption(
      new Option('--precision <name>', 'variant of the bundle (default: what the server chooses)').choices(
        variantPrecisions,
      ),
    )
    .option('--seed <n>', 'of the order of the measurements, and of arrivals', integer(0, 2 ** 31 - 1), 1)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  retort bench serve --rounds 5 --json\n  retort bench serve --scenario overload --rounds 3',
    )
    .action(run);
}

async function run(model: string | undefined, options: ServeBenchOptions): Promise<void> {
  const { scenario, texts, workers, precision } = options;
  await withServedBundle({ model, texts, workers, precision }, (bundle) =>
    scenario === 'throughput' ? measureThroughput(bundle, options) : play(scenario, bundle, options),
  );
}

async function measureThroughput(
  { folder, manifest, precision, served, texts, textsFile, defer }: ServedBundle,
  { rounds, duration, connections, workers, seed, json }: ServeBenchOptions,
): Promise<void> {
  const machine = describeMachine();
  const bare = await startBareLoop({ folder, texts, precision, workers });
  defer(() => bare.close());
  const load = () =>
    loadInChild(cli, [
      served.target.href,
      ...['--connections', String(connections), '--duration', String(duration)],
      ...['--warmup', '1', '--texts', textsFile],
    ]);
  const result = await runRounds({ rounds, seconds: duration, seed, bare, load, onProgress });
  const report = serveBenchSchema.parse({
    format: SERVE_BENCH_FORMAT,
    bundle: `${manifest.name}/${manifest.version}`,
    precision,
    ...result,
    readySeconds: served.readySeconds,
    residentBytes: await served.residentBytes(),
    workers,
    connections,
    secondsEach: duration,
    texts: texts.length,
    seed,
    machine,
  });
  process.stdout.write(`${json === true ? JSON.stringify(report, null, 2) : renderServeBench(report)}\n`);
}

/** A request that a server does not answer in so long counts as lost; its own deadline is shorter. */
const timeoutMs = 30_000;

async function play(
  name: ScenarioName,
  { manifest, precision, served, texts, defer }: ServedBundle,
  { rounds, duration: seconds, workers, seed, json }: ServeBenchOptions,
): Promise<void> {
  const machine = describeMachine();
  const generator = await startGenerator({
    protocol: 'http',
    url: served.target.href,
    headers: {},
    bodies: texts.map((text) => JSON.stringify({ text })),
    timeoutMs,
  });
  defer(() => {
    generator.close();
  });
  const stage = { served, generator, model: manifest.name, seconds, rounds, seed, onProgress };
  const { result, lines } = await scenarios[name].run(stage);
  const bundle = `${manifest.name}/${manifest.version}`;
  const conditions = { bundle, precision, workers, texts: texts.length, seconds, seed };
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ scenario: name, ...result, conditions, machine }, null, 2)}\n`
      : `${[
          ...lines,
          `conditions  ${bundle} ${precision}, ${workers} worker${workers === 1 ? '' : 's'} of one thread each, ${texts.length} ` +
            `texts in rotation, one a request, Poisson arrivals (seed ${seed}), each load ${seconds} s after a warm-up; ` +
            'server and generator in a process each on the same cores',
          `machine     ${machineLine(machine)}`,
        ].join('\n')}\n`,
  );
}

function onProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}
