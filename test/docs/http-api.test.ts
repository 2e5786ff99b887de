/** The examples of docs/http-api.md, run. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';

const page = readFileSync(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');
const examples = Array.from(page.matchAll(/```sh\n(.*?)```/gs), ([, command = '']) => command);

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer('models/repository', { models: [{ name: 'student' }] });
  await server.loaded;
});
afterAll(() => server.close());

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
});

test.each(examples)('%s', async (command) => {
  const [, route = ''] = /localhost:8080(\S+)/.exec(command) ?? [];
  const body = /-d '(.*)'/s.exec(command)?.[1];
  const response = await fetch(server.url + route, {
    method: 'POST',
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  expect(await response.text()).toMatch(/"(results|outputs|state)"/);
  expect(response.status).toBe(200);
});
