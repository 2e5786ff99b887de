/** Runs many damaged inputs in a worker, and watches it: one that fails, hangs or takes too much memory ends the run. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { RetortError } from '../../core/errors.js';
import { randomStream, type Random } from '../../training/random.js';

const slowestMs = 2000;
const hangMs = 20_000;
/** Above what the process has before the first file. */
const mostMemory = 512 * 2 ** 20;

interface Task {
  readonly files: number;
  readonly seed: number;
}

/** After each file: null when all is well. */
interface Report {
  readonly outcome: string;
  readonly failure: string | null;
}

/** Reads one damaged input; an error of the table is an answer too. */
type FuzzTarget = (random: Random) => Promise<() => Promise<unknown>>;

interface FuzzRun {
  readonly target: FuzzTarget;
  readonly close: () => Promise<void>;
}

/**
 * To be called by a script that is started as `npm run NAME -- [files] [seed]`.
 * @param open gives the target, and is called in the worker
 */
export async function fuzz(script: string, name: string, open: () => Promise<FuzzRun>): Promise<void> {
  if (isMainThread) await watch(script, name);
  else await work(workerData as Task, await open());
}

async function watch(script: string, name: string): Promise<void> {
  const [files = 20_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
  const worker = new Worker(fileURLToPath(script), { workerData: { files, seed } satisfies Task });
  const outcomes = new Map<string, number>();
  const memory = process.memoryUsage.rss();
  let done = 0;
  let last = performance.now();
  const failures: string[] = [];
  const fail = (reason: string) => {
    failures.push(`file ${String(done)}: ${reason}`);
    void worker.terminate();
  };
  const timer = setInterval(() => {
    process.stderr.write(`${String(done)}/${String(files)}\n`);
    if (performance.now() - last > hangMs) fail('it hangs');
    if (process.memoryUsage.rss() - memory > mostMemory) fail('it takes too much memory');
  }, 5000);
  worker.on('message', ({ outcome, failure: reason }: Report) => {
    done += 1;
    last = performance.now();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (reason !== null) fail(reason);
  });
  await new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      fail(String(error));
    });
    worker.on('exit', () => {
      resolve();
    });
  });
  clearInterval(timer);
  for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a))
    process.stdout.write(`${String(count).padStart(7)}  ${outcome}\n`);
  const grown = (process.memoryUsage.rss() - memory) / 2 ** 20;
  process.stdout.write(
    `${String(done)} files, seed ${String(seed)}, ${grown.toFixed(0)} MiB more memory at the end\n`,
  );
  if (failures.length > 0 || done < files) {
    process.stdout.write(
      `FAILED ${failures[0] ?? 'it ended early'}; again with: npm run ${name} -- ${String(files)} ${String(seed)}\n`,
    );
    process.exitCode = 1;
  }
}

async function work({ files, seed }: Task, { target, close }: FuzzRun): Promise<void> {
  for (let index = 0; index < files; index += 1) {
    const read = await target(randomStream(seed, 'benchmark', index));
    const report = await judged(read);
    parentPort?.postMessage(report);
    if (report.failure !== null) break;
  }
  await close();
}

async function judged(read: () => Promise<unknown>): Promise<Report> {
  const started = performance.now();
  let outcome = 'read';
  try {
    await read();
  } catch (error) {
    if (!(error instanceof RetortError) || error.code === 'internal_error')
      return {
        outcome: 'failed',
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    outcome = error.code;
  }
  const elapsed = performance.now() - started;
  return { outcome, failure: elapsed > slowestMs ? `it took ${elapsed.toFixed(0)} ms` : null };
}
