/** `retort serve`: the models of a repository over HTTP. */
import { Option, type Command } from 'commander';
import { variantPrecisions } from '../core/bundle/precisions.js';
import { providerNames } from '../core/engines/providers.js';
import type { RunningServer } from '../serving/server.js';
import { spareHeapMegabytes, type SpareProcess, startSpare } from '../serving/workers/channel.js';
import { addEdgeOptions, apiKeysOf } from './edge-options.js';
import { commaSeparated, decimal, integer } from './options.js';
import type { ServeOptions } from './serve-config.js';
import { shippedStudent } from './shipped.js';

const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug'];

export function register(program: Command): void {
  const command = program
    .command('serve')
    .summary('serve the models of a repository over HTTP')
    .description(
      'Serves POST /v1/predict and the Open Inference Protocol v2 (REST). Inference runs in worker processes; a free ' +
        'worker takes what waits, so single requests are batched under load and answered at once without it. A ' +
        'configuration file has every setting (docs/serving.md); options win over it.',
    )
    .option('--config <file>', 'settings as JSON')
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on; 0 for a free one (default: 8080)', integer(0, 65_535))
    .option('--repository <folder>', 'holds <name>/<version>/ bundles (default: the shipped models)')
    .option(
      '--models <names>',
      `comma-separated, the first being the default, each with @version where it is pinned (default: ${shippedStudent} of the shipped repository, all of another)`,
      commaSeparated,
    )
    .option('--workers <n>', 'workers a model (default: the CPU quota)', integer(1, 256))
    .option('--threads <n>', 'intra-op threads of a worker (default: 1)', integer(1, 256))
    .addOption(
      new Option('--isolation <kind>', 'what holds a worker (default: process)').choices([
        'process',
        'thread',
      ]),
    )
    .addOption(
      new Option('--provider <name>', 'execution provider (default: cpu)').choices([
        'auto',
        ...providerNames,
      ]),
    )
    .addOption(
      new Option(
        '--precision <name>',
        'variant of a bundle; auto: int8 where it has it and this CPU is quick at it (default: auto)',
      ).choices(['auto', ...variantPrecisions]),
    )
    .option('--queue <n>', 'texts that may wait (default: 1024)', integer(1, 1_000_000))
    .option('--max-batch <n>', 'texts that a worker takes at once (default: 16)', integer(1, 256))
    .option(
      '--deadline-ms <ms>',
      'longest wait for an answer; clients may ask for less (default: 10000)',
      integer(1, 3_600_000),
    )
    .option('--max-body-bytes <n>', 'largest request body (default: 1 MiB)', integer(1, 2 ** 30))
    .option('--max-characters <n>', 'longest text (default: 10000)', integer(1, 2 ** 24))
    .option('--max-texts <n>', 'most texts in a request (default: 256)', integer(1, 100_000))
    .option('--grace-ms <ms>', 'answers still while not ready any more (default: 0)', integer(0, 3_600_000))
    .option(
      '--drain-ms <ms>',
      'longest wait for open requests when stopped (default: 10000)',
      integer(0, 3_600_000),
    )
    .option('--poll <seconds>', 'looks for newer versions so often (default: never)', integer(1, 86_400))
    .option('--cache-mb <n>', 'keeps answers in so many MiB (default: none)', integer(1, 65_536))
    .option(
      '--compare-eager <share>',
      'share of single texts that are run again eagerly, for /v1/compare (default: 0)',
      decimal(0, 1),
    )
    .option('--reports <folder>', "load tests' reports, for the page")
    .addOption(
      new Option('--log-level <level>', 'the least that is logged').choices(logLevels).default('info'),
    )
    .addHelpText('after', examples)
    .action(run);
  addEdgeOptions(command);
}

const examples = `
Examples:
  retort serve
  retort serve --models student,teacher
  retort serve --port 9000 --workers 4 --compare-eager 0.01
  retort serve --host 0.0.0.0 --api-keys keys.txt --tls-cert cert.pem --tls-key key.pem
`;

/** Standard error. A write costs the main thread more than a line does, so lines are written together. */
const logDestination = { dest: 2, minLength: 4096, periodicFlush: 100 };

async function run(options: ServeOptions): Promise<void> {
  // A worker loads its modules while this process loads its own.
  const spare = options.isolation === 'thread' ? null : startSpare(spareHeapMegabytes);
  try {
    await serve(options, spare);
  } catch (error) {
    spare?.child.kill('SIGKILL');
    throw error;
  }
}

async function serve(options: ServeOptions, spare: SpareProcess | null): Promise<void> {
  // Before all else is loaded, so that the spare worker has something to do meanwhile.
  const { configOf } = await import('./serve-config.js');
  const { giveHeadStart } = await import('../serving/life-cycle/head-start.js');
  const config = await configOf(options);
  if (spare !== null) await giveHeadStart(spare, config);
  const [{ pino }, { startServer }] = await Promise.all([import('pino'), import('../serving/server.js')]);
  const logger = pino({ level: options.logLevel }, pino.destination(logDestination));
  const server: RunningServer = await startServer({
    config,
    apiKeys: await apiKeysOf(options),
    logger,
    spare,
    // A server of which nobody asks for a graph loads nothing of the export.
    drawGraphs: async (folder, file) =>
      (await import('../export/report/draw-bundle.js')).drawBundle(folder, file),
  });
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    // A second signal ends at once, by Node's own handling.
    process.off('SIGINT', stop).off('SIGTERM', stop);
    stopping.abort();
    logger.info({ signal }, 'draining');
    void server.close();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  logger.info({ url: server.url, grpc: server.grpcAddress }, 'listening');
  const serves = await server.loaded.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  if (stopping.signal.aborted) return;
  if (!serves) {
    logger.error(
      { repository: config.repository },
      'no model serves: none is in the repository, or all were refused',
    );
    return;
  }
  process.stdout.write(
    `Retort answers on ${server.url}\n` +
      `  curl -s ${server.url}/v1/predict -H 'content-type: application/json' -d '{"text": "房间很干净，服务也好。"}'\n`,
  );
}
