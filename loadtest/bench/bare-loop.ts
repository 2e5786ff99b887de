/**
 * The ceilings a server is held against: bare sessions, one a thread, texts one by one or in batches, with no queue, no
 * HTTP and no JSON.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BareCommand, BareCount, BareMessage, BareWorkerData } from './bare-protocol.js';

export interface BareLoop {
  /** Texts a second of all the workers together. */
  measure(command: BareCommand): Promise<number>;
  close(): Promise<void>;
}

export async function startBareLoop(options: Omit<BareWorkerData, 'index'>): Promise<BareLoop> {
  const workers = Array.from({ length: options.workers }, (_, index) => {
    const workerData: BareWorkerData = { ...options, index };
    return new Worker(new URL('./bare-worker.js', import.meta.url), { workerData });
  });
  const close = async () => {
    const running = workers.filter((worker) => worker.threadId !== -1);
    await Promise.all(
      running.map((worker) => {
        const ended = once(worker, 'exit');
        worker.postMessage(null satisfies BareMessage);
        return ended;
      }),
    );
  };
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async measure(command) {
      const counts = workers.map(async (worker) => {
        const answer = once(worker, 'message');
        worker.postMessage(command);
        const [count] = (await answer) as [BareCount];
        return (1000 * count.texts) / count.milliseconds;
      });
      return (await Promise.all(counts)).reduce((total, rate) => total + rate, 0);
    },
    close,
  };
}
