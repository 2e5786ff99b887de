/** `retort loadtest`: how many texts a second a server answers when it is saturated. */
import { rename, writeFile } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { readTexts } from '../core/text-file.js';
import { requestBodies, runClosedLoop, type LoadProgress } from '../loadtest/closed-loop.js';
import { renderReport } from '../loadtest/report.js';
import { reviews } from '../loadtest/reviews.js';
import { checkAnswers, targetOf } from '../loadtest/target.js';
import { collect, decimal, integer } from './options.js';

interface LoadtestOptions {
  readonly connections: number;
  readonly duration: number;
  readonly warmup: number;
  readonly batch: number;
  readonly texts?: string;
  readonly out?: string;
  readonly allowHost?: string[];
  readonly json?: true;
}

const longestSeconds = 600;

export function register(program: Command): void {
  program
    .command('loadtest')
    .summary('drive a server in a closed loop and print its throughput and latencies')
    .description(
      'Each connection sends its next request when the last one is answered, so this finds the throughput of a ' +
        'saturated server. It drives POST /v1/predict, or the path of URL when URL has one.',
    )
    .argument('<url>', 'the server, such as http://127.0.0.1:8080')
    .option('--connections <n>', 'connections, each with one request at a time', integer(1, 1024), 16)
    .option(
      '--duration <seconds>',
      `how long to measure, at most ${longestSeconds}`,
      decimal(1, longestSeconds),
      10,
    )
    .option('--warmup <seconds>', 'how long to drive the server before that', decimal(0, 60), 2)
    .option('--batch <n>', 'texts in a request', integer(1, 1024), 1)
    .option('--texts <file>', 'texts to send in rotation, .txt or .jsonl (default: built-in reviews)')
    .option('--out <file>', 'write the report as JSON')
    .option(
      '--allow-host <host>',
      'a host other than this machine that is yours to load; repeatable',
      collect,
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  retort loadtest http://127.0.0.1:8080
  retort loadtest http://127.0.0.1:8080 --connections 64 --duration 30 --texts reviews.jsonl --out load.json
  retort loadtest http://127.0.0.1:18080/predict --json

Exit status: 1 when no request succeeded. Ctrl-C prints what was measured so far.`;

async function run(url: string, options: LoadtestOptions): Promise<void> {
  const target = targetOf(url, options.allowHost);
  const texts = options.texts === undefined ? reviews : await readTexts(options.texts);
  await checkAnswers(target, requestBodies(texts, options.batch)[0] ?? '');

  const interruption = new AbortController();
  const interrupt = () => {
    interruption.abort();
  };
  process.once('SIGINT', interrupt);
  const progress = progressPrinter();
  const report = await runClosedLoop({
    target,
    texts,
    textsPerRequest: options.batch,
    connections: options.connections,
    durationSeconds: options.duration,
    warmupSeconds: options.warmup,
    signal: interruption.signal,
    onProgress: progress.show,
  }).finally(() => {
    progress.stop();
    process.removeListener('SIGINT', interrupt);
  });

  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (options.out !== undefined) {
    await writeFile(`${options.out}.partial`, json);
    await rename(`${options.out}.partial`, options.out);
  }
  process.stdout.write(options.json === true ? json : `${renderReport(report)}\n`);
  if (report.requests.succeeded === 0) process.exitCode = 1;
}

/** A bar on a terminal, a line a second elsewhere; on standard error, so that standard output is the report alone. */
function progressPrinter(): { readonly show: (progress: LoadProgress) => void; readonly stop: () => void } {
  const rate = ({ answered, elapsedSeconds }: LoadProgress) =>
    (answered / Math.max(1, elapsedSeconds)).toFixed(0);
  if (!process.stderr.isTTY) {
    return {
      show(progress) {
        const { phase, elapsedSeconds, totalSeconds, answered, notSucceeded } = progress;
        process.stderr.write(
          `${phase} ${elapsedSeconds}/${totalSeconds} s: ${answered} answered, ${rate(progress)} req/s, ${notSucceeded} not 2xx\n`,
        );
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({
    format: '{phase} [{bar}] {value}/{total} s, {rate} req/s, {notSucceeded} not 2xx',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  let phase: LoadProgress['phase'] | null = null;
  return {
    show(progress) {
      const payload = { phase: progress.phase, rate: rate(progress), notSucceeded: progress.notSucceeded };
      if (phase !== progress.phase) {
        phase = progress.phase;
        bar.start(progress.totalSeconds, progress.elapsedSeconds, payload);
      }
      bar.update(progress.elapsedSeconds, payload);
    },
    stop() {
      bar.stop();
    },
  };
}
