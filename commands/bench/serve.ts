/** `retort bench serve`: the served route beside bare sessions on the same texts and threads. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { openBundle } from '../../core/bundle/read.js';
import { describeMachine } from '../../core/machine.js';
import { readTexts } from '../../core/text-file.js';
import { startBareLoop } from '../../loadtest/bench/bare-loop.js';
import { freePort, loadInChild, startServed } from '../../loadtest/bench/child.js';
import { renderServeBench, SERVE_BENCH_FORMAT, serveBenchSchema } from '../../loadtest/bench/serve-report.js';
import { runRounds } from '../../loadtest/bench/serve-rounds.js';
import { reviews } from '../../loadtest/reviews.js';
import { targetOf } from '../../loadtest/target.js';
import { decimal, integer } from '../options.js';
import { bundleFolder } from '../shipped.js';

interface ServeBenchOptions {
  readonly rounds: number;
  readonly duration: number;
  readonly connections: number;
  readonly workers: number;
  readonly seed: number;
  readonly texts?: string;
  readonly json?: true;
}

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

export function register(bench: Command): void {
  bench
    .command('serve')
    .summary('throughput of the server over that of bare sessions')
    .description(
      'Starts `retort serve` on a free loopback port, then measures in turn bare sessions, bare sessions with ' +
        'tokenisation, and the server under a closed loop from a process of its own.',
    )
    .argument('[model]', 'a shipped model, or the folder of a bundle')
    .option('--rounds <n>', 'rounds of all three', integer(2, 100), 5)
    .option('--duration <seconds>', 'how long each is measured in a round', decimal(1, 120), 5)
    .option('--connections <n>', 'connections of the closed loop', integer(1, 1024), 64)
    .option('--workers <n>', 'sessions, each on one thread', integer(1, 256), availableParallelism())
    .option('--texts <file>', 'texts, .txt or .jsonl (default: built-in reviews)')
    .option('--seed <n>', 'of the order of the measurements', integer(0, 2 ** 31 - 1), 1)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  retort bench serve --rounds 5 --json')
    .action(run);
}

async function run(model: string | undefined, options: ServeBenchOptions): Promise<void> {
  const { rounds, duration, connections, workers, seed } = options;
  const machine = describeMachine();
  const folder = await bundleFolder(model);
  const { manifest } = await openBundle(folder);
  const texts = options.texts === undefined ? reviews : await readTexts(options.texts);
  const precision = manifest.variants[0]?.precision ?? 'fp32';
  const scratch = await mkdtemp(join(tmpdir(), 'retort-bench-'));
  const cleanups = [() => rm(scratch, { recursive: true, force: true })];
  const clean = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  const interrupt = () => {
    void clean().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const textsFile = join(scratch, 'texts.jsonl');
    await writeFile(textsFile, texts.map((text) => JSON.stringify(text)).join('\n'));
    // A repository of this bundle alone, so that the server loads no other.
    const repository = join(scratch, 'repository');
    await cp(folder, join(repository, manifest.name, manifest.version), { recursive: true });
    const port = await freePort();
    const commandLine = [
      ...['serve', '--repository', repository, '--host', '127.0.0.1', '--port', String(port)],
      ...['--workers', String(workers), '--threads', '1', '--log-level', 'error'],
    ];
    const served = await startServed(cli, commandLine, targetOf(`http://127.0.0.1:${port}`), texts[0] ?? '');
    cleanups.push(() => served.stop());
    const bare = await startBareLoop({ folder, texts, precision, workers });
    cleanups.push(() => bare.close());
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
    process.stdout.write(
      `${options.json === true ? JSON.stringify(report, null, 2) : renderServeBench(report)}\n`,
    );
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
    await clean();
  }
}

function onProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}
