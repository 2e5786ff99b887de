/** Ends a worker thread between two of its runs. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** A worker that has not ended by then is terminated. */
const patienceMs = 10_000;

/**
 * Sends `message`, after which the worker must end by itself, and waits until it has. A worker that is terminated while
 * ONNX Runtime computes takes the whole process with it: its result meets a JavaScript that is gone.
 */
export async function endWorker(worker: Worker, message: unknown): Promise<void> {
  if (worker.threadId === -1) return;
  worker.ref();
  const exited = once(worker, 'exit');
  worker.postMessage(message);
  const timer = new AbortController();
  const late = sleep(patienceMs, null, { signal: timer.signal }).then(
    () => worker.terminate(),
    () => undefined, // it ended in time
  );
  await Promise.race([exited, late]);
  timer.abort();
}
