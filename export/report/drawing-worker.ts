/** Draws the graphs of one bundle, beside the thread that asked, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { bundleDrawings } from './bundle-drawings.js';

const { folder, file } = z.object({ folder: z.string(), file: z.string() }).parse(workerData);
parentPort?.postMessage(await bundleDrawings(folder, file));
