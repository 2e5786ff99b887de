/** A worker, in a process or a thread: one predictor, which runs the batches that it is sent, one after another. */
import { setPriority } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { workerNiceness } from '../../core/batching/worker-niceness.js';
import { openBundle } from '../../core/bundle/read.js';
import { Predictor } from '../predictor.js';
import { type PoolMessage, sentError, type WorkerMessage, type WorkerSetup } from './protocol.js';

/** Batches between two looks at the memory. */
const memoryInterval = 32;

function send(message: WorkerMessage): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

function stepBack(): void {
  if (parentPort !== null) return;
  try {
    setPriority(workerNiceness);
  } catch {
    // A sandbox may forbid it; then all threads are equal.
  }
}

function leave(): void {
  if (parentPort === null) process.disconnect();
  else parentPort.close();
}

let predictor: Predictor | null = null;
let ceiling: number | null = null;
let batches = 0;

/** What is opened before it is asked for. */
let prepared: { readonly setup: WorkerSetup; readonly opening: Promise<Predictor> } | null = null;

async function open(setup: WorkerSetup): Promise<Predictor> {
  const { folder, manifestSha256, checkFiles, intraOpThreads, session } = setup;
  const bundle = await openBundle(folder, { checkFiles, manifestSha256 });
  return Predictor.open(bundle, intraOpThreads, session);
}

function prepare(setup: WorkerSetup): void {
  const opening = open(setup);
  // The load that follows tells it.
  opening.catch(() => undefined);
  prepared = { setup, opening };
}

async function load(setup: WorkerSetup): Promise<void> {
  const { memoryCeilingBytes, yieldsAtOnce } = setup;
  if (yieldsAtOnce) stepBack();
  try {
    const before = prepared;
    prepared = null;
    if (before !== null && isDeepStrictEqual(before.setup, setup)) predictor = await before.opening;
    else {
      before?.opening.then((other) => other.close()).catch(() => undefined);
      predictor = await open(setup);
    }
    ceiling = memoryCeilingBytes;
    const { rowByRow, provider, precision, file, tokenizer } = predictor;
    const { vocabularySize, warnings } = tokenizer;
    send({ kind: 'ready', vocabularySize, warnings, rowByRow, provider, precision, file });
    if (!yieldsAtOnce) stepBack();
  } catch (thrown) {
    send({ kind: 'refused', error: sentError(thrown) });
    leave();
  }
}

async function run(items: Extract<PoolMessage, { kind: 'run' }>['items']): Promise<void> {
  try {
    if (predictor === null) throw new RangeError('a batch came before the model');
    send({ kind: 'done', ...(await predictor.run(items)) });
  } catch (thrown) {
    send({ kind: 'failed', error: sentError(thrown) });
  }
  batches += 1;
  if (ceiling === null || parentPort !== null || batches % memoryInterval !== 0) return;
  const bytes = process.memoryUsage.rss();
  if (bytes > ceiling) send({ kind: 'memory_exceeded', bytes });
}

async function handle(message: PoolMessage): Promise<void> {
  switch (message.kind) {
    case 'prepare':
      prepare(message.setup);
      break;
    case 'load':
      await load(message.setup);
      break;
    case 'run':
      await run(message.items);
      break;
    case 'end':
      await predictor?.close();
      leave();
      break;
  }
}

let running = Promise.resolve();
const receive = (message: PoolMessage) => {
  running = running.then(() => handle(message));
};
if (parentPort === null) {
  process.on('message', receive);
  // A terminal signals the whole group; the server ends its workers itself, when they are done.
  process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit());
} else parentPort.on('message', receive);
