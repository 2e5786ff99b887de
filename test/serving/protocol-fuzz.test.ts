/** Bad input: the right status, one shape of errors, the server alive and its answers unchanged. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { answersOf, checkDamaged, checkHostile } from '../fuzz/protocol/check.js';
import { hostile } from '../fuzz/protocol/hostile.js';

let root: string;
let server: RunningServer;
let before: unknown;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-bad-input-'));
  await writeTinyBundle(root);
  server = await startTestServer(root, { edge: { headersTimeoutMs: 500, requestTimeoutMs: 800 } });
  await server.loaded;
  before = await answersOf(server.url);
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

test.each(hostile)('$name', async (request) => {
  expect(await checkHostile(server.url, request)).toBeNull();
});

test('damaged requests', async () => {
  expect(await checkDamaged(server.url, 7, 150)).toEqual([]);
});

test('nothing is polluted, and the answers are what they were', async () => {
  expect('polluted' in {}).toBe(false);
  expect(await answersOf(server.url)).toEqual(before);
});
