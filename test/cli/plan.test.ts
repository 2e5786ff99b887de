/** `retort plan` as a user runs it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { capacityReport, simpleCosts } from '../loadtest/plan/costs-fixture.js';
import { killAll, retort } from './retort.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-plan-'));
});
afterEach(async () => {
  killAll();
  await rm(folder, { recursive: true });
});

test('a plan is laid, and a prediction that is off fails the command', async () => {
  const file = path.join(folder, 'costs.json');
  const page = path.join(folder, 'plan.html');
  await writeFile(file, JSON.stringify(simpleCosts()));
  const few = ['--requests', '1000'];
  const planned = await retort('plan', file, ...few, '--rate', '100', '--p99', '50', '--html', page);
  expect(planned).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('100 texts/s within a p99 of 50 ms'),
  });
  expect(await readFile(page, 'utf8')).toContain('<svg');

  const report = path.join(folder, 'capacity.json');
  await writeFile(
    report,
    JSON.stringify({ ...capacityReport(), capacity: { median: 1, low: 1, high: 1, confidence: 0 } }),
  );
  const check = ['plan', file, '--check', report, '--workers', '1'];
  const ignored = await retort(...check, ...few);
  expect(ignored).toMatchObject({ status: 2, stderr: expect.stringContaining('has no --requests') });
  const checked = await retort(...check);
  expect(checked).toMatchObject({ status: 1, stderr: expect.stringContaining('plan_prediction_off') });
});

test('what cannot be planned is refused by name', async () => {
  const file = path.join(folder, 'costs.json');
  const missing = await retort('plan', file, '--rate', '100');
  expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining('plan_costs_missing') });
  await writeFile(file, '{}');
  const malformed = await retort('plan', file, '--rate', '100');
  expect(malformed).toMatchObject({ status: 1, stderr: expect.stringContaining('plan_costs_malformed') });
  expect(await retort('plan', file)).toMatchObject({ status: 2 });
});
