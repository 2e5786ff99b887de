import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { systemClock } from '../../../serving/clock.js';
import { parseConfig, type ServeConfigInput } from '../../../serving/config.js';
import { giveHeadStart } from '../../../serving/life-cycle/head-start.js';
import { runSettings } from '../../../serving/life-cycle/run-settings.js';
import { startModel } from '../../../serving/life-cycle/served-model.js';
import { Metrics } from '../../../serving/metrics.js';
import { type SpareProcess, startSpare } from '../../../serving/workers/channel.js';
import type { PoolMessage } from '../../../serving/workers/protocol.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let repository: string;
beforeAll(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'retort-head-start-'));
  for (const version of ['2', '9', '10']) await writeTinyBundle(repository, { name: 'tiny', version });
  await writeTinyBundle(repository, { name: 'another' });
});
afterAll(() => rm(repository, { recursive: true }));

const configOf = (entries: Partial<ServeConfigInput> = {}) =>
  parseConfig({ repository, ...entries }, 'of a test');
const folderOf = (name: string, version: string) => path.join(repository, name, version);

const spares: SpareProcess[] = [];
afterEach(() => {
  for (const { child } of spares.splice(0)) child.kill('SIGKILL');
});

function spareProcess(): { spare: SpareProcess; sent: () => PoolMessage[] } {
  const spare = startSpare(256);
  spares.push(spare);
  const send = jest.spyOn(spare.child, 'send');
  return { spare, sent: () => send.mock.calls.map(([message]) => message as PoolMessage) };
}

async function prepared(entries: Partial<ServeConfigInput>): Promise<string[]> {
  const { spare, sent } = spareProcess();
  await giveHeadStart(spare, configOf(entries));
  return sent().flatMap((message) => (message.kind === 'prepare' ? [message.setup.folder] : []));
}

describe('a spare worker is told to open', () => {
  test('the newest version of the first model', async () => {
    expect(await prepared({ models: [{ name: 'tiny' }, { name: 'another' }] })).toEqual([
      folderOf('tiny', '10'),
    ]);
  });

  test('the version that is pinned', async () => {
    expect(await prepared({ models: [{ name: 'tiny', version: '9' }] })).toEqual([folderOf('tiny', '9')]);
  });

  test('the first name of the repository where none is configured', async () => {
    expect(await prepared({})).toEqual([folderOf('another', '1')]);
  });

  test.each([
    { models: [{ name: 'nobody' }] },
    { models: [{ name: 'tiny', version: '3' }] },
    { repository: path.join(tmpdir(), 'retort-no-such-repository') },
  ])('nothing where the load will fail: %j', async (entries) => {
    expect(await prepared(entries)).toEqual([]);
  });
});

describe('the load that follows', () => {
  async function load(name: string, preparedName: string) {
    const { spare, sent } = spareProcess();
    const workers = { heapMegabytes: 256, count: 1 };
    await giveHeadStart(spare, configOf({ workers, models: [{ name: preparedName }] }));
    const version = name === 'tiny' ? '10' : '1';
    const context = {
      clock: systemClock,
      logger: pino({ level: 'silent' }),
      metrics: new Metrics(() => []),
      signal: new AbortController().signal,
    };
    const address = { name, version, folder: folderOf(name, version) };
    const model = await startModel(address, runSettings(configOf({ workers }), name), context, { spare });
    const { predictions } = await model.queue.submit({
      items: [{ text: '房间很干净' }],
      deadlineMs: performance.now() + 20_000,
    });
    await model.pool.close();
    return { sent: sent(), words: predictions[0]?.words };
  }

  test('asks for exactly what was opened', async () => {
    const { sent, words } = await load('tiny', 'tiny');
    const [prepare, asked] = sent;
    expect([prepare?.kind, asked?.kind]).toEqual(['prepare', 'load']);
    expect(asked).toEqual({ ...prepare, kind: 'load' });
    expect(words).toBe(3);
  });

  test('gets the model that it asks for where another was opened', async () => {
    const { sent, words } = await load('another', 'tiny');
    expect(sent.flatMap((message) => ('setup' in message ? [message.setup.folder] : []))).toEqual([
      folderOf('tiny', '10'),
      folderOf('another', '1'),
    ]);
    expect(words).toBe(3);
  });
});
