import { describe, expect, test } from '@jest/globals';
import { Contests } from '../../../serving/comparison/contests.js';
import { stubBundle, stubEngine } from './stub-engine.js';

function start() {
  const log: string[] = [];
  const contests = new Contests(async (folder) => {
    log.push(`${folder} opened`);
    const prepare = (name: string) => stubEngine(`${folder} ${name}`, { log }).prepare(stubBundle(), 1);
    const engines = [await prepare('static'), await prepare('eager')] as const;
    return { engines, batch: () => ({ feeds: {}, rows: 1, words: 1 }) };
  });
  const use = (folder: string, stamp = '1') => contests.of({ folder, stamp });
  return { log, use };
}

describe('the bundles that are compared', () => {
  test('stay open, two of them, and the one that was used longest ago is closed before another one opens', async () => {
    const { log, use } = start();
    const first = await use('a');
    await use('b');
    expect(await use('a')).toBe(first);
    await use('c');
    expect(await use('a')).toBe(first);
    expect(log).toEqual(['a opened', 'b opened', 'b static closed', 'b eager closed', 'c opened']);
  });

  test('are opened anew where they were replaced in place', async () => {
    const { log, use } = start();
    const before = await use('a', '1');
    expect(await use('a', '2')).not.toBe(before);
    await use('a', '3');
    expect(log).toEqual(['a opened', 'a opened', 'a static closed', 'a eager closed', 'a opened']);
  });
});
