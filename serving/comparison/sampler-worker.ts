/** The sampler's worker: runs a text by the static graph and by the eager interpreter, one thread each. */
import { parentPort } from 'node:worker_threads';
import { openBundle } from '../../core/bundle/read.js';
import { reasonOf } from '../../core/reason-of.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { batchesOf } from './batches.js';
import { type Contest, Contests } from './contests.js';
import { ortEager } from './eager-engines.js';
import { networkShape } from './network.js';
import { runPair } from './pair.js';
import { sampleThreads, type SampleMessage, type SampleReply } from './sampler-protocol.js';
import { staticGraph } from './static-engines.js';

const contests = new Contests(prepare);

async function prepare(folder: string): Promise<Contest> {
  const bundle = await openBundle(folder, { checkFiles: false });
  const { inputs } = networkShape(bundle);
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  const batch = (text: string) => {
    const [only] = batchesOf([tokenizer.encode(text)], 1, inputs);
    if (only === undefined) throw new RangeError('a text gives a batch');
    return only;
  };
  const fixed = await staticGraph.prepare(bundle, sampleThreads);
  try {
    return { engines: [fixed, await ortEager.prepare(bundle, sampleThreads)], batch };
  } catch (error) {
    await fixed.close();
    throw error;
  }
}

/** Never rejects: the worker goes on with other models. */
async function sample(message: SampleMessage): Promise<SampleReply> {
  try {
    const { engines, batch } = await contests.of(message);
    return await runPair(engines, batch(message.text), message.staticFirst);
  } catch (error) {
    return { failed: reasonOf(error) };
  }
}

let running = Promise.resolve();
parentPort?.on('message', (message: SampleMessage | null) => {
  running =
    message === null
      ? running.then(() => parentPort?.close())
      : running
          .then(() => sample(message))
          .then((reply) => {
            parentPort?.postMessage(reply);
          });
});
