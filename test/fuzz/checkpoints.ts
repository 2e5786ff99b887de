/**
 * Damaged checkpoints, many of them: each must be read or end in an error of the table, in bounded time and memory.
 *
 *     npm run fuzz:checkpoints -- [files] [seed]
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { RetortError } from '../../core/errors.js';
import { openCheckpoint } from '../../models/checkpoints/open.js';
import { type Random, randomStream } from '../../training/random.js';
import { fixtureUrl } from '../fixture-url.js';

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

if (isMainThread) await watch();
else await fuzz(workerData as Task);

/** The work goes on in a worker, so that a hang can be told. */
async function watch(): Promise<void> {
  const [files = 20_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { files, seed } satisfies Task });
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
      `FAILED ${failures[0] ?? 'it ended early'}; again with: npm run fuzz:checkpoints -- ${String(files)} ${String(seed)}\n`,
    );
    process.exitCode = 1;
  }
}

async function fuzz({ files, seed }: Task): Promise<void> {
  const fixtures = fileURLToPath(fixtureUrl('checkpoints'));
  const scratch = await mkdtemp(path.join(tmpdir(), 'retort-fuzz-'));
  const seeds = [];
  for (const name of await readdir(fixtures)) {
    const folder = path.join(scratch, name);
    await mkdir(folder);
    await cp(path.join(fixtures, name), folder, { recursive: true });
    for (const file of (await readdir(folder)).filter((entry) => entry !== 'golden.json')) {
      seeds.push({ folder, file: path.join(folder, file), whole: await readFile(path.join(folder, file)) });
    }
  }
  for (let index = 0; index < files; index += 1) {
    const random = randomStream(seed, 'benchmark', index);
    const chosen = seeds[random.below(seeds.length)]!;
    await writeFile(chosen.file, mutated(chosen.whole, random));
    const report = await load(chosen.folder);
    await writeFile(chosen.file, chosen.whole);
    parentPort?.postMessage(report);
    if (report.failure !== null) break;
  }
  await rm(scratch, { recursive: true });
}

async function load(folder: string): Promise<Report> {
  const started = performance.now();
  let outcome = 'read';
  try {
    const checkpoint = await openCheckpoint(folder);
    try {
      await checkpoint.readParameters();
    } finally {
      await checkpoint.close();
    }
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

/** One to four changes. Headers are where the structure is: half of the changes fall into the first or last 4 KiB. */
function mutated(whole: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(whole);
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
    const length = Math.max(1, bytes.length);
    const near = Math.min(4096, length);
    const places = [
      () => random.below(length),
      () => random.below(near),
      () => length - 1 - random.below(near),
    ];
    const at = places[random.below(places.length)]!();
    const size = 1 + random.below(64);
    switch (random.below(7)) {
      case 0: // a bit
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1: // a byte
        bytes[at] = random.below(256);
        break;
      case 2: // the end
        bytes = bytes.subarray(0, at);
        break;
      case 3: // a piece less
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        break;
      case 4: // a piece twice
        bytes = Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]);
        break;
      case 5: // a length that lies
        bytes.fill(
          [0, 0xff, 0x7f, 0x80][random.below(4)]!,
          at,
          Math.min(length, at + [1, 2, 4, 8][random.below(4)]!),
        );
        break;
      default: {
        // a piece of elsewhere
        const from = random.below(length);
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + size), bytes.subarray(at)]);
      }
    }
  }
  return bytes;
}
