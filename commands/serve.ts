/** `retort serve`: the models of a repository over HTTP. */
import { Option, type Command } from 'commander';
import { pino } from 'pino';
import { startServer } from '../serving/server.js';
import { commaSeparated, decimal, integer } from './options.js';
import { shippedRepository, shippedStudent } from './shipped.js';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly repository: string;
  readonly models?: readonly string[];
  readonly workers?: number;
  readonly threads: number;
  readonly queue: number;
  readonly maxBatch: number;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly maxCharacters: number;
  readonly maxTexts: number;
  readonly drainMs: number;
  readonly compareEager: number;
  readonly logLevel: string;
}

const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug'];

export function register(program: Command): void {
  program
    .command('serve')
    .summary('serve the models of a repository over HTTP')
    .description(
      'Serves POST /v1/predict and the Open Inference Protocol v2 (REST). Inference runs in worker threads; a free ' +
        'worker takes what waits, so single requests are batched under load and answered at once without it.',
    )
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for a free one', integer(0, 65_535), 8080)
    .option('--repository <folder>', 'holds <name>/<version>/ bundles', shippedRepository)
    .option(
      '--models <names>',
      `comma-separated, the first being the default (default: ${shippedStudent} of the shipped repository, all of another)`,
      commaSeparated,
    )
    .option('--workers <n>', 'worker threads a model (default: the CPU quota)', integer(1, 256))
    .option('--threads <n>', 'intra-op threads of a worker', integer(1, 256), 1)
    .option('--queue <n>', 'texts that may wait', integer(1, 1_000_000), 1024)
    .option('--max-batch <n>', 'texts that a worker takes at once', integer(1, 256), 16)
    .option(
      '--deadline-ms <ms>',
      'longest wait for an answer; clients may ask for less',
      integer(1, 3_600_000),
      10_000,
    )
    .option('--max-body-bytes <n>', 'largest request body', integer(1, 2 ** 30), 2 ** 20)
    .option('--max-characters <n>', 'longest text', integer(1, 2 ** 24), 10_000)
    .option('--max-texts <n>', 'most texts in a request', integer(1, 100_000), 256)
    .option('--drain-ms <ms>', 'longest wait for open requests when stopped', integer(0, 3_600_000), 10_000)
    .option(
      '--compare-eager <share>',
      'share of single texts that are run again eagerly, for /metrics',
      decimal(0, 1),
      0,
    )
    .addOption(
      new Option('--log-level <level>', 'the least that is logged').choices(logLevels).default('info'),
    )
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort serve
  retort serve --models student,teacher
  retort serve --port 9000 --workers 4 --compare-eager 0.01
`;

async function run(options: Options): Promise<void> {
  const logger = pino({ level: options.logLevel }, pino.destination(2));
  const server = await startServer({
    repository: options.repository,
    models: options.models ?? (options.repository === shippedRepository ? [shippedStudent] : null),
    host: options.host,
    port: options.port,
    workers: options.workers ?? null,
    intraOpThreads: options.threads,
    queueCapacity: options.queue,
    largestBatch: options.maxBatch,
    limits: {
      bodyBytes: options.maxBodyBytes,
      textCharacters: options.maxCharacters,
      textsPerRequest: options.maxTexts,
      deadlineMs: options.deadlineMs,
    },
    compareEager: options.compareEager,
    drainMs: options.drainMs,
    logger,
  });
  const stop = (signal: NodeJS.Signals) => {
    // A second signal ends at once, by Node's own handling.
    process.off('SIGINT', stop).off('SIGTERM', stop);
    logger.info({ signal }, 'draining');
    void server.close();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  logger.info({ url: server.url }, 'listening');
  const serves = await server.loaded.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  if (!serves) {
    logger.error(
      { repository: options.repository },
      'no model serves: none is in the repository, or all were refused',
    );
    return;
  }
  process.stdout.write(
    `Retort answers on ${server.url}\n` +
      `  curl -s ${server.url}/v1/predict -H 'content-type: application/json' -d '{"text": "房间很干净，服务也好。"}'\n`,
  );
}
