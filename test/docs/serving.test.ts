/** What the documentation shows is what the product takes. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parseConfig, serveConfigSchema } from '../../serving/config.js';
import { edgeConfigSchema } from '../../serving/edge-config.js';

test('the configuration in docs/serving.md is valid, and names every group of settings', async () => {
  const [, block = ''] = /```json\n([\s\S]*?)```/.exec(await readFile('docs/serving.md', 'utf8')) ?? [];
  const shown = JSON.parse(block) as Record<string, unknown>;
  expect(parseConfig(shown, 'docs/serving.md')).toBeDefined();
  expect(Object.keys(shown).sort()).toEqual(Object.keys(serveConfigSchema.shape).sort());
  expect(Object.keys(shown.edge ?? {}).sort()).toEqual(Object.keys(edgeConfigSchema.shape).sort());
});

test('an entry that is not known is refused by name', () => {
  expect(() => parseConfig({ repository: 'x', queue: { size: 3 } }, 'retort.json')).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('size') }),
  );
});

test('a time that no timer holds is refused', () => {
  const long = 3_000_000_000;
  for (const entries of [
    { limits: { deadlineMs: long } },
    { workers: { batchTimeoutMs: long } },
    { lifeCycle: { drainMs: long } },
    { lifeCycle: { pollSeconds: long } },
    { edge: { keepAliveTimeoutMs: long } },
  ]) {
    expect(() => parseConfig({ repository: 'x', ...entries }, 'retort.json')).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  }
});
