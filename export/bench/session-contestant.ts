/** A file that onnxruntime-node runs, whoever wrote it: every one under the same options. */
import { stat } from 'node:fs/promises';
import { openSession, type SessionOptions } from '../../core/engines/session.js';
import { readModel } from '../../core/graph/onnx.js';
import { toNumbers } from '../../core/tensor.js';
import type { Contestant } from './contestant.js';

export async function sessionContestant(
  name: string,
  precision: Contestant['precision'],
  file: string,
  optimization: NonNullable<SessionOptions['optimization']> = 'all',
): Promise<Contestant> {
  return {
    name,
    precision,
    nodes: (await readModel(file)).graph.nodes.length,
    bytes: (await stat(file)).size,
    async open(threads) {
      const session = await openSession(file, { intraOpThreads: threads, optimization });
      const [output = ''] = session.outputs;
      return {
        async time(feeds, times) {
          const [start, used] = [performance.now(), process.cpuUsage()];
          let found = await session.run(feeds);
          for (let run = 1; run < times; run += 1) found = await session.run(feeds);
          const milliseconds = (performance.now() - start) / times;
          const { user, system } = process.cpuUsage(used);
          const processorMilliseconds = (user + system) / 1000 / times;
          const value = found[output];
          return { milliseconds, processorMilliseconds, output: value === undefined ? [] : toNumbers(value) };
        },
        close: () => session.close(),
      };
    },
  };
}
