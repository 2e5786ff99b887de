/**
 * A server under load for minutes, while workers are killed and new versions appear: `npm run soak -- --minutes 30`.
 * Fails when a request fails, or when memory grows after the first sixth of the time.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from '../../core/machine.js';
import { median, percentiles } from '../../core/statistics.js';
import { reviews } from '../../loadtest/reviews.js';
import { childrenOf, freePort, residentBytes } from '../../loadtest/bench/child.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    connections: { type: 'string', default: '16' },
    'kill-seconds': { type: 'string', default: '20' },
    'reload-seconds': { type: 'string', default: '30' },
  },
});
const seconds = 60 * Number(values.minutes);
const connections = Number(values.connections);
/** Of the memory after the first sixth. */
const acceptedGrowth = 0.15;

const repository = await mkdtemp(path.join(tmpdir(), 'retort-soak-'));
const shipped = 'models/repository/student/1';

/** The shipped student under another version. */
async function addVersion(version: string): Promise<void> {
  const beside = path.join(repository, 'student', `${version}.part`);
  await mkdir(path.dirname(beside), { recursive: true });
  await cp(shipped, beside, { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(beside, 'manifest.json'), 'utf8')) as object;
  await writeFile(path.join(beside, 'manifest.json'), JSON.stringify({ ...manifest, version }));
  await rename(beside, path.join(repository, 'student', version));
}

await addVersion('1');
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const config = path.join(repository, 'retort.json');
await writeFile(config, JSON.stringify({ repository, port, lifeCycle: { pollSeconds: 1 } }));
const server = spawn(process.execPath, ['dist/cli.js', 'serve', '--config', config, '--log-level', 'fatal'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
while (
  !(await fetch(`${url}/v2/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  ))
)
  await sleep(50);

const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
const failures = new Map<string, number>();
const versions = new Set<string>();
const latencies: number[] = [];
let [answered, kills, reloads] = [0, 0, 0];
/** Of each kill: until the server has as many workers as before. */
const recoveries: number[] = [];
const main: { at: number; bytes: number }[] = [];

async function ask(text: string): Promise<void> {
  const sent = performance.now();
  try {
    const answer = await fetch(`${url}/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    const body = (await answer.json()) as { version?: string; error?: { code: string } };
    if (!answer.ok) throw new Error(`${answer.status} ${body.error?.code ?? ''}`);
    answered += 1;
    versions.add(body.version ?? '');
    if (latencies.length < 1_000_000) latencies.push(performance.now() - sent);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    failures.set(reason, (failures.get(reason) ?? 0) + 1);
  }
}

async function client(index: number): Promise<void> {
  for (let turn = index; elapsed() < seconds; turn += connections)
    await ask(reviews[turn % reviews.length] ?? '');
}

async function every(interval: number, act: () => Promise<void>): Promise<void> {
  for (let next = interval; next < seconds; next += interval) {
    await sleep(Math.max(0, 1000 * (next - elapsed())));
    await act();
  }
}

/** Workers of the versions that answer. */
async function readyWorkers(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(/^retort_workers_ready\{[^}]*\} (\d+)$/gm);
  return [...found].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function killOne(): Promise<void> {
  const before = await readyWorkers();
  const [victim] = await childrenOf(server.pid ?? 0);
  if (victim === undefined) return;
  const killed = performance.now();
  const since = () => (performance.now() - killed) / 1000;
  try {
    process.kill(victim, 'SIGKILL');
  } catch {
    // It has just ended by itself: a reload has released it.
    return;
  }
  kills += 1;
  // A worker of a version that only loads is not missed.
  while ((await readyWorkers()) >= before && since() < 1) await sleep(5);
  while ((await readyWorkers()) < before && since() < 20) await sleep(20);
  recoveries.push(since());
}

async function reload(): Promise<void> {
  reloads += 1;
  await addVersion(String(reloads + 1));
  // Those before the last two are not needed any more.
  for (const name of await readdir(path.join(repository, 'student')))
    if (Number(name) < reloads) await rm(path.join(repository, 'student', name), { recursive: true });
}

await Promise.all([
  ...Array.from({ length: connections }, (_, index) => client(index)),
  every(Number(values['kill-seconds']), killOne),
  every(Number(values['reload-seconds']), reload),
  every(Math.min(5, seconds / 30), async () => {
    main.push({ at: elapsed(), bytes: (await residentBytes(server.pid ?? 0)) ?? 0 });
  }),
]);
server.kill('SIGTERM');
await new Promise((resolve) => server.once('exit', resolve));
await rm(repository, { recursive: true });

const early = main.filter(({ at }) => at > seconds / 6 && at < seconds / 3).map(({ bytes }) => bytes);
const late = main.filter(({ at }) => at > (5 * seconds) / 6).map(({ bytes }) => bytes);
const growth = median(late) / median(early) - 1;
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
const [p50, p99] = percentiles(latencies, [50, 99]);
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
console.log(
  [
    `answered     ${answered} (${(answered / seconds).toFixed(0)}/s), p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`,
    `failed       ${failed}${failed > 0 ? `: ${JSON.stringify(Object.fromEntries(failures))}` : ''}`,
    `reloads      ${reloads}, versions that answered: ${versions.size}`,
    `kills        ${kills}, all workers back after ${recoveries.map((time) => time.toFixed(1)).join(', ') || '-'} s`,
    `main memory  ${mebibytes(median(early))} early, ${mebibytes(median(late))} late (${(100 * growth).toFixed(1)} %)`,
    `conditions   ${values.minutes} minutes, ${connections} connections, one text a request, a kill every ${values['kill-seconds']} s, a new version every ${values['reload-seconds']} s`,
    `machine      ${machineLine(describeMachine())}`,
  ].join('\n'),
);
if (failed > 0 || growth > acceptedGrowth) process.exitCode = 1;
