/**
 * Damaged checkpoints, many of them: each must be read or end in an error of the table, in bounded time and memory.
 *
 *     npm run fuzz:checkpoints -- [files] [seed]
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '../../models/checkpoints/open.js';
import { fixtureUrl } from '../fixture-url.js';
import { mutated } from './mutate.js';
import { fuzz } from './watch.js';

await fuzz(import.meta.url, 'fuzz:checkpoints', async () => {
  const fixtures = fileURLToPath(fixtureUrl('checkpoints'));
  const scratch = await mkdtemp(path.join(tmpdir(), 'retort-fuzz-'));
  const seeds: { folder: string; file: string; whole: Buffer }[] = [];
  for (const name of await readdir(fixtures)) {
    const folder = path.join(scratch, name);
    await mkdir(folder);
    await cp(path.join(fixtures, name), folder, { recursive: true });
    for (const file of (await readdir(folder)).filter((entry) => entry !== 'golden.json')) {
      seeds.push({ folder, file: path.join(folder, file), whole: await readFile(path.join(folder, file)) });
    }
  }
  return {
    target: async (random) => {
      const chosen = seeds[random.below(seeds.length)]!;
      await writeFile(chosen.file, mutated(chosen.whole, random));
      return async () => {
        try {
          const checkpoint = await openCheckpoint(chosen.folder);
          try {
            await checkpoint.readParameters();
          } finally {
            await checkpoint.close();
          }
        } finally {
          await writeFile(chosen.file, chosen.whole);
        }
      };
    },
    close: () => rm(scratch, { recursive: true }),
  };
});
