/** A bundle's graphs, laid out on a thread of their own: many nodes take seconds. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BundleDrawings } from './bundle-drawings.js';

/** Rejects with what the drawing was ended by. */
export async function drawBundle(folder: string, file: string): Promise<BundleDrawings> {
  const worker = new Worker(new URL('./drawing-worker.js', import.meta.url), {
    workerData: { folder, file },
  });
  worker.unref();
  const [drawings] = (await once(worker, 'message')) as [BundleDrawings];
  return drawings;
}
