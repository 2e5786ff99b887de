/** One run, closed or open, and its report. */
import { fail } from '../../core/errors.js';
import { writeWhole } from '../../core/write-whole.js';
import { type ClosedLoopClient, closedLoopClients } from '../../loadtest/closed-loop-clients.js';
import type { RunResult } from '../../loadtest/measurement.js';
import type { ArrivalKind } from '../../loadtest/open-loop/arrivals.js';
import { startGenerator } from '../../loadtest/open-loop/generator-handle.js';
import { parseStages } from '../../loadtest/open-loop/stages.js';
import { renderReport } from '../../loadtest/render.js';
import { reportHead, reportSchema, type LoadReport } from '../../loadtest/report.js';
import { ServerWatch } from '../../loadtest/server-watch.js';
import type { Threshold } from '../../loadtest/thresholds.js';
import { verdict } from '../../loadtest/verdict.js';
import { interruptible } from '../interruption.js';
import { interruptedStatus } from './interrupted-status.js';
import { progressPrinter } from './progress.js';
import type { LoadTarget } from './target.js';

export interface MeasureOptions {
  readonly connections?: number;
  readonly client?: ClosedLoopClient;
  readonly rate?: number;
  readonly stages?: string;
  readonly arrivals: ArrivalKind;
  readonly seed: number;
  readonly maxInFlight: number;
  readonly maxLag: number;
  readonly duration: number;
  readonly warmup: number;
  readonly timeout: number;
  readonly failIf?: string[];
  readonly out?: string;
  readonly html?: string;
  readonly json?: true;
}

const defaultConnections = 16;

export async function measureClosedLoop(
  target: LoadTarget,
  options: MeasureOptions,
  thresholds: readonly Threshold[],
): Promise<void> {
  const { connections = defaultConnections, client = 'retort', duration, warmup, timeout } = options;
  const { bodies } = target;
  if (bodies === null) {
    const reason = 'the closed loop speaks HTTP alone; give --rate to load gRPC';
    throw fail('command_line_invalid', { reason });
  }
  const head = reportHead();
  const progress = progressPrinter();
  const watch = new ServerWatch(target);
  const result = await interruptible((signal) =>
    closedLoopClients[client]({
      target: target.url,
      headers: target.headers,
      bodies,
      connections,
      durationSeconds: duration,
      warmupSeconds: warmup,
      timeoutSeconds: timeout,
      signal,
      onProgress: progress.show,
    }),
  ).finally(progress.stop);
  const conditions = { kind: 'closed-loop', connections, client, warmupSeconds: warmup } as const;
  const report = { ...head, ...conditions, ...sent(target), ...result, serverSeen: await watch.stop() };
  await finish(report, result, options, null, thresholds);
}

export async function measureOpenLoop(
  target: LoadTarget,
  options: MeasureOptions,
  thresholds: readonly Threshold[],
): Promise<void> {
  const { arrivals, seed, maxInFlight, maxLag, duration, warmup, rate = 0 } = options;
  const stages =
    options.stages === undefined
      ? [{ seconds: duration, from: rate, to: rate }]
      : parseStages(options.stages);
  const head = reportHead();
  const generator = await startGenerator(target.forGenerator);
  const progress = progressPrinter();
  const watch = new ServerWatch(target);
  const plan = { stages, arrivals, seed, maxInFlight, warmupSeconds: warmup };
  const result = await interruptible((signal) =>
    generator.run(plan, { signal, onProgress: progress.show }),
  ).finally(() => {
    progress.stop();
    generator.close();
  });
  const report = {
    ...head,
    kind: 'open-loop' as const,
    ...plan,
    maxLagMs: maxLag,
    ...sent(target),
    ...result,
    serverSeen: await watch.stop(),
  };
  await finish(report, result, options, maxLag, thresholds);
}

function sent({ url, texts, textsPerRequest }: LoadTarget) {
  return { url: url.href, texts, textsPerRequest };
}

/** Whatever the verdict, the report is printed and written first; a run that was cut short has none. */
async function finish(
  unchecked: LoadReport,
  result: RunResult,
  { out, html, json }: MeasureOptions,
  maxLagMs: number | null,
  thresholds: readonly Threshold[],
): Promise<void> {
  const report = reportSchema.parse(unchecked);
  const written = `${JSON.stringify(report, null, 2)}\n`;
  // First, so that a file that cannot be written does not take the measurement along.
  process.stdout.write(json === true ? written : `${renderReport(report)}\n`);
  if (out !== undefined) await writeWhole(out, written);
  if (html !== undefined) {
    // Drawing takes a while to load, and most runs draw nothing.
    const { loadPage } = await import('../../loadtest/html/load-page.js');
    await writeWhole(html, loadPage(report));
  }
  if (result.ended === 'interrupted') {
    process.exitCode = interruptedStatus;
    return;
  }
  const failure = verdict(result, { maxLagMs, thresholds });
  if (failure !== null) throw failure;
}
