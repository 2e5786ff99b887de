/**
 * Damaged ONNX files, many of them: each must be read or end in an error of the table, in bounded time and memory.
 *
 *     npm run fuzz:models -- [files] [seed]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeModel, readModel } from '../../core/graph/onnx.js';
import { inspectModel } from '../../export/inspect/inspect-model.js';
import { smallBranches, smallEncoder, smallOddities, smallStudent } from '../fixtures/small-models.js';
import { mutated } from './mutate.js';
import { fuzz } from './watch.js';

await fuzz(import.meta.url, 'fuzz:models', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'retort-fuzz-'));
  const file = path.join(folder, 'model.onnx');
  const seeds = [smallStudent(), smallEncoder(), smallBranches(), smallOddities()];
  return {
    target: async (random) => {
      await writeFile(file, mutated(seeds[random.below(seeds.length)]!, random));
      return async () => {
        await inspectModel(file, []);
        encodeModel(await readModel(file));
      };
    },
    close: () => rm(folder, { recursive: true }),
  };
});
