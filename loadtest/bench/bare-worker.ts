/** A worker of the bare loop: one session on one thread, texts one after another, nothing around it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBundle } from '../../core/bundle/read.js';
import { openSession } from '../../core/engines/session.js';
import { int32, int64 } from '../../core/tensor.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { variantFile, type BareMessage, type BareCount, type BareWorkerData } from './bare-protocol.js';

const { folder, texts, precision, index, workers } = workerData as BareWorkerData;
const bundle = await openBundle(folder);
const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
const session = await openSession(bundle.path(variantFile(bundle.manifest, precision)), {
  engine: 'node',
  intraOpThreads: 1,
});
const ids = texts.map((text) => tokenizer.encode(text));
// Each worker starts at another place of the rotation.
let next = Math.floor((index * texts.length) / workers);

let stopping = false;

parentPort?.on('message', (message: BareMessage) => {
  if (message === null) {
    stopping = true;
    parentPort?.close();
    return;
  }
  void loop(message.seconds * 1000, message.tokenise).then((count) => {
    parentPort?.postMessage(count);
  });
});
parentPort?.postMessage('ready');

async function loop(milliseconds: number, tokenise: boolean): Promise<BareCount> {
  const started = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < milliseconds && !stopping) {
    next = (next + 1) % texts.length;
    const row = tokenise ? tokenizer.encode(texts[next] ?? '') : (ids[next] ?? []);
    await session.run({ input_ids: int64(row, [1, row.length]), sequence_lengths: int32([row.length]) });
    done++;
    elapsed = performance.now() - started;
  }
  return { texts: done, milliseconds: elapsed };
}
