import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBareLoop } from '../../../loadtest/bench/bare-loop.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let repository: string;
let folder: string;
beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'retort-bare-'));
  folder = await writeTinyBundle(repository);
});
afterAll(() => rm(repository, { recursive: true }));

describe('the bare loop', () => {
  it('runs texts one by one and in batches, and ends in the middle of a run', async () => {
    const bare = await startBareLoop({ folder, texts: ['很好', '不好'], precision: 'fp32', workers: 2 });
    for (const kind of ['single', 'tokenised', 'batches'] as const)
      expect(await bare.measure({ seconds: 0.05, kind })).toBeGreaterThan(0);
    void bare.measure({ seconds: 600, kind: 'single' }).catch(() => undefined);
    await bare.close();
  });

  it('says what is wrong with its bundle', async () => {
    const options = { texts: ['好'], precision: 'int8', workers: 1 } as const;
    await expect(startBareLoop({ ...options, folder })).rejects.toThrow('no int8 variant');
    await expect(startBareLoop({ ...options, folder: repository })).rejects.toThrow('manifest.json');
  });
});
