/** A worker thread: one predictor, which runs the batches that it is sent, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBundle } from '../core/bundle/read.js';
import { toRetortError } from '../core/errors.js';
import { Predictor } from './predictor.js';
import type { PoolMessage, WorkerData, WorkerMessage } from './worker-protocol.js';

const { folder, intraOpThreads } = workerData as WorkerData;

function send(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

try {
  const predictor = await Predictor.open(await openBundle(folder, { checkFiles: false }), intraOpThreads);
  let running = Promise.resolve();
  parentPort?.on('message', (message: PoolMessage) => {
    if (message.kind === 'end') {
      void running.then(() => predictor.close()).then(() => parentPort?.close());
      return;
    }
    running = predictor.run(message.items).then(
      (batch) => {
        send({ kind: 'done', ...batch });
      },
      (thrown: unknown) => {
        send({ kind: 'failed', error: toRetortError(thrown).toJSON() });
      },
    );
  });
  const { vocabularySize, warnings } = predictor.tokenizer;
  send({ kind: 'ready', vocabularySize, warnings });
} catch (thrown) {
  send({ kind: 'refused', error: toRetortError(thrown).toJSON() });
}
