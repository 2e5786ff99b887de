/** `bench checkpoint` as it is typed. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { fixtureUrl } from '../fixture-url.js';
import { retort } from './retort.js';

const folder = path.join(fileURLToPath(fixtureUrl('checkpoints')), 'bert-gelu-fp32');

test('bench checkpoint says what reading takes, in words and as JSON', async () => {
  const told = await retort('bench', 'checkpoint', folder, '--rounds', '2');
  expect(told).toMatchObject({ status: 0, stderr: '' });
  expect(told.stdout).toMatch(
    /^read +\d+\.\d\d s\nparameters +296\.3 KiB as fp32\npeak resident memory +.+ of which .+ before\n/,
  );
  const { stdout } = await retort('bench', 'checkpoint', folder, '--json');
  const report = JSON.parse(stdout) as { peakBytes: number; beforeBytes: number };
  expect(report).toMatchObject({ format: 'safetensors', rounds: 6, parameterBytes: expect.any(Number) });
  expect(report.peakBytes).toBeGreaterThanOrEqual(report.beforeBytes);
});

test('bench checkpoint names the folder that is none', async () => {
  const { status, stderr } = await retort('bench', 'checkpoint', `${folder}-not`);
  expect(status).not.toBe(0);
  expect(stderr).toContain('(checkpoint_missing)');
});
