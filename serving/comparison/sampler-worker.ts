/** The sampler's worker: runs a text by the static graph and by the eager interpreter, one thread each. */
import { parentPort } from 'node:worker_threads';
import { openBundle } from '../../core/bundle/read.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { batchesOf } from './batches.js';
import { type Contest, Contests } from './contests.js';
import type { Batch, PreparedEngine } from './engine.js';
import { ortEager } from './eager-engines.js';
import { networkShape } from './network.js';
import { sampleThreads, type SampleMessage, type SampleResult } from './sampler-protocol.js';
import { staticGraph } from './static-engines.js';

const contests = new Contests(prepare);

async function prepare(folder: string): Promise<Contest> {
  const bundle = await openBundle(folder, { checkFiles: false });
  const { inputs } = networkShape(bundle);
  const engines = [
    await staticGraph.prepare(bundle, sampleThreads),
    await ortEager.prepare(bundle, sampleThreads),
  ] as const;
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  const batch = (text: string) => {
    const [only] = batchesOf([tokenizer.encode(text)], 1, inputs);
    if (only === undefined) throw new RangeError('a text gives a batch');
    return only;
  };
  return { engines, batch, runs: 0 };
}

async function sample(message: SampleMessage): Promise<SampleResult> {
  const contest = await contests.of(message);
  const batch = contest.batch(message.text);
  const [first, second] = contest.engines;
  // Untimed first: a shape's first run plans memory, and the eager engine opens a session an op.
  for (const engine of contest.engines) await engine.run(batch);
  const turn = contest.runs % 2 === 0;
  contest.runs += 1;
  const early = await timed(turn ? first : second, batch);
  const late = await timed(turn ? second : first, batch);
  const [fixed, eager] = turn ? [early, late] : [late, early];
  const difference = Math.max(
    ...fixed.logits.map((logit, k) => Math.abs(logit - (eager.logits[k] ?? Infinity))),
  );
  return { staticMs: fixed.milliseconds, eagerMs: eager.milliseconds, difference };
}

async function timed(engine: PreparedEngine, batch: Batch) {
  const started = performance.now();
  const logits = await engine.run(batch);
  return { logits, milliseconds: performance.now() - started };
}

let running = Promise.resolve();
parentPort?.on('message', (message: SampleMessage | null) => {
  running =
    message === null
      ? running.then(() => parentPort?.close())
      : running
          .then(() => sample(message))
          .then((result) => {
            parentPort?.postMessage(result);
          });
});
