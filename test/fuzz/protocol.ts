/** `npm run fuzz:protocol -- COUNT [SEED]`: damaged and hostile requests to a server, by the thousand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { answersOf, checkDamaged, checkHostile } from './protocol/check.js';
import { hostile } from './protocol/hostile.js';

const count = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);

const root = await mkdtemp(path.join(tmpdir(), 'retort-fuzz-'));
await writeTinyBundle(root);
const server = await startTestServer(root, { edge: { headersTimeoutMs: 500, requestTimeoutMs: 800 } });
await server.loaded;
const before = await answersOf(server.url);
const complaints: string[] = [];
for (const request of hostile) {
  const complaint = await checkHostile(server.url, request);
  if (complaint !== null) complaints.push(`${request.name}: ${complaint}`);
}
complaints.push(...(await checkDamaged(server.url, seed, count)));
if (!isDeepStrictEqual(await answersOf(server.url), before)) complaints.push('the answers changed');
await server.close();
await rm(root, { recursive: true });
for (const complaint of complaints) console.error(complaint);
console.log(
  `seed ${String(seed)}: ${String(hostile.length)} hostile and ${String(count)} damaged requests, ${String(complaints.length)} answered wrongly`,
);
process.exitCode = complaints.length === 0 ? 0 : 1;
