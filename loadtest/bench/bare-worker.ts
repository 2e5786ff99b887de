/** A worker of the bare loop: one session on one thread, run after run, nothing around it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBundle } from '../../core/bundle/read.js';
import { openSession } from '../../core/engines/session.js';
import { paddedBatch } from '../../core/padded-batch.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { batchesOfLikeLength } from './bare-batches.js';
import {
  bareBatch,
  type BareCommand,
  type BareCount,
  type BareMessage,
  type BareWorkerData,
  variantFile,
} from './bare-protocol.js';

const { folder, texts, precision, index, workers } = workerData as BareWorkerData;
const bundle = await openBundle(folder);
const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
const session = await openSession(bundle.path(variantFile(bundle.manifest, precision)), {
  engine: 'node',
  intraOpThreads: 1,
});
const ids = texts.map((text) => tokenizer.encode(text));
const singles = texts.map((_, place) => [place]);
const batches = batchesOfLikeLength(ids, bareBatch);
// Each worker starts at another place of the rotation; there are as many batches as texts.
let next = Math.floor((index * texts.length) / workers);

let stopping = false;

parentPort?.on('message', (message: BareMessage) => {
  if (message === null) {
    stopping = true;
    parentPort?.close();
    return;
  }
  void loop(message).then((count) => {
    parentPort?.postMessage(count);
  });
});
parentPort?.postMessage('ready');

async function loop({ seconds, kind }: BareCommand): Promise<BareCount> {
  const groups = kind === 'batches' ? batches : singles;
  const started = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < 1000 * seconds && !stopping) {
    next = (next + 1) % groups.length;
    const group = groups[next] ?? [];
    const rows =
      kind === 'tokenised'
        ? group.map((place) => tokenizer.encode(texts[place] ?? ''))
        : group.map((place) => ids[place] ?? []);
    await session.run(paddedBatch(rows));
    done += rows.length;
    elapsed = performance.now() - started;
  }
  return { texts: done, milliseconds: elapsed };
}
