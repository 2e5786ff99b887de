/** Versions that are loaded, swapped, labelled and rolled back, without workers. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { fail } from '../../../core/errors.js';
import { systemClock } from '../../../serving/clock.js';
import { percentileOf } from '../../../serving/life-cycle/family.js';
import type { RunSettings } from '../../../serving/life-cycle/run-settings.js';
import { watchRepository } from '../../../serving/life-cycle/watch.js';
import { Metrics } from '../../../serving/metrics.js';
import { type ModelChoice, ModelRegistry } from '../../../serving/model-registry.js';
import { FakeClock } from '../../fixtures/fake-clock.js';
import { type FakeModel, fakeModel } from '../../fixtures/fake-model.js';

let repository: string;
beforeEach(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'retort-registry-'));
});
afterEach(() => rm(repository, { recursive: true }));

const add = (...versions: string[]) =>
  Promise.all(versions.map((version) => mkdir(path.join(repository, version), { recursive: true })));

function registryOf(models: readonly ModelChoice[] | null = null) {
  const broken = new Set<string>();
  /** Versions that do not start before they are let. */
  const held = new Map<string, Promise<void>>();
  const signals: AbortSignal[] = [];
  const started: FakeModel[] = [];
  const registry = new ModelRegistry({
    repository,
    models,
    settingsOf: () => ({}) as RunSettings,
    drainMs: 50,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    metrics: new Metrics(() => []),
    start: async ({ name, version }, _settings, { signal }) => {
      signals.push(signal);
      await held.get(`${name}/${version}`);
      if (broken.has(`${name}/${version}`)) throw fail('model_refused', { path: name, reason: 'a test' });
      const model = fakeModel({ name, version, clock: systemClock });
      started.push(model);
      return model;
    },
  });
  /** @returns what lets it start */
  const hold = (version: string) => {
    const { promise, resolve } = later();
    held.set(version, promise);
    return resolve;
  };
  return { registry, broken, started, signals, hold };
}

function later() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settled) => (resolve = settled));
  return { promise, resolve };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

const versionOf = (registry: ModelRegistry, name = 'a', version?: string, requestId = '') =>
  registry.find(name, version, requestId).manifest.version;

describe('loading', () => {
  test('the newest version that loads is stable; ready only when all is loaded', async () => {
    await add('a/1', 'a/2', 'a/10', 'b/1');
    const { registry, broken } = registryOf();
    broken.add('a/10');
    expect(registry.ready).toBe(false);
    await registry.load();
    expect(registry.ready).toBe(true);
    expect([versionOf(registry), versionOf(registry, 'b')]).toEqual(['2', '1']);
    const index = await registry.index();
    expect(index).toContainEqual({ name: 'a', version: '2', state: 'READY', reason: '', label: 'stable' });
    expect(index.find(({ version }) => version === '10')).toMatchObject({
      state: 'UNAVAILABLE',
      reason: expect.stringContaining('a test'),
    });
  });

  test('a name of which nothing loads keeps the server from being ready, until it is unloaded for good', async () => {
    await add('a/1', 'b/1');
    const { registry, broken } = registryOf();
    broken.add('b/1');
    await registry.load();
    expect(registry.ready).toBe(false);
    expect(versionOf(registry)).toBe('1');
    broken.clear();
    await registry.loadModel('b');
    expect(registry.ready).toBe(true);
    await registry.unloadModel('b');
    expect(registry.ready).toBe(true);
  });

  test('no model: not ready', async () => {
    const { registry } = registryOf();
    await registry.load();
    expect(registry.ready).toBe(false);
    expect(() => registry.find()).toThrow(expect.objectContaining({ code: 'model_not_ready' }));
  });

  test('a pinned version is served, and polling does not move it', async () => {
    await add('a/1', 'a/2');
    const { registry } = registryOf([{ name: 'a', version: '1', canary: null }]);
    await registry.load();
    await registry.poll();
    expect(versionOf(registry)).toBe('1');
    await registry.loadModel('a');
    expect(versionOf(registry)).toBe('1');
  });
});

describe('swapping', () => {
  test('a load that fails leaves the old version serving, and is not tried at every poll', async () => {
    await add('a/1');
    const { registry, broken, started } = registryOf();
    await registry.load();
    await add('a/2');
    broken.add('a/2');
    await expect(registry.loadModel('a')).rejects.toMatchObject({ code: 'model_refused' });
    await registry.poll();
    expect(versionOf(registry)).toBe('1');
    expect(started).toHaveLength(1);
  });

  test('polling loads what is newer; the old one answers what it has, then ends', async () => {
    await add('a/1');
    const { registry, started } = registryOf();
    await registry.load();
    const old = registry.find('a');
    const open = old.queue.submit({ items: [{ text: 'x' }], deadlineMs: systemClock.now() + 5000 });
    await add('a/2');
    await registry.poll();
    expect(versionOf(registry)).toBe('2');
    expect(started[0]!.closed).toBe(false);
    old.queue.answer(old.queue.take()!, [{ logits: [1, 0], words: 1 }], { tokenizeMs: 0, inferMs: 0 });
    expect((await open).predictions).toHaveLength(1);
    await registry.close();
    expect(started.map(({ closed }) => closed)).toEqual([true, true]);
  });

  test('a rollback returns to the version before, and back again', async () => {
    await add('a/1', 'a/2');
    const { registry } = registryOf([{ name: 'a', version: '1', canary: null }]);
    await registry.load();
    await expect(registry.rollback('a')).rejects.toMatchObject({ code: 'model_without_previous' });
    await registry.loadModel('a', '2');
    await registry.rollback('a');
    expect(versionOf(registry)).toBe('1');
    await registry.rollback('a');
    expect(versionOf(registry)).toBe('2');
  });

  test('polling leaves what was chosen or unloaded by hand, until something newer comes', async () => {
    await add('a/1', 'a/2');
    const { registry } = registryOf([{ name: 'a', version: null, canary: null }]);
    await registry.load();
    await registry.loadModel('a', '1');
    await registry.poll();
    expect(versionOf(registry)).toBe('1');
    await registry.unloadModel('a');
    await registry.poll();
    expect(registry.models).toEqual([]);
    await add('a/3');
    await registry.poll();
    expect(versionOf(registry)).toBe('3');
  });

  test('a rollback that is asked for during a load returns to what was stable before that load', async () => {
    await add('a/1', 'a/2');
    const { registry, hold } = registryOf([{ name: 'a', version: '1', canary: null }]);
    await registry.load();
    await registry.loadModel('a', '2');
    await add('a/3');
    const start = hold('a/3');
    const changes = [registry.loadModel('a', '3'), registry.rollback('a')];
    start();
    await Promise.all(changes);
    expect(versionOf(registry)).toBe('2');
  });

  test('what was loaded by hand before a look, and rolled back, is not new to it', async () => {
    await add('a/3');
    const { registry } = registryOf();
    await registry.load();
    await add('a/4');
    await registry.loadModel('a', '4');
    await registry.rollback('a');
    await registry.poll();
    expect(versionOf(registry)).toBe('3');
  });

  test('a canary of the newest version is not made stable by a look, nor what lay there when another was chosen', async () => {
    await add('a/3', 'a/4');
    const { registry } = registryOf();
    await registry.load();
    await add('a/5');
    await registry.setCanary('a', '5', 5);
    await registry.poll();
    expect([versionOf(registry, 'a', 'stable'), versionOf(registry, 'a', 'canary')]).toEqual(['4', '5']);
    await registry.setCanary('a', '5', 0);
    await add('a/6');
    await registry.loadModel('a', '3');
    await registry.poll();
    expect(versionOf(registry)).toBe('3');
    await add('a/7');
    await registry.poll();
    expect(versionOf(registry)).toBe('7');
  });

  test('a version that is refused while it is being copied is tried again when more of it is there', async () => {
    await add('a/1');
    const { registry, broken, signals } = registryOf();
    await registry.load();
    await add('a/2');
    broken.add('a/2');
    await registry.poll();
    await registry.poll();
    expect(signals).toHaveLength(2);
    await writeFile(path.join(repository, 'a/2', 'manifest.json'), '{}');
    broken.clear();
    await registry.poll();
    expect(versionOf(registry)).toBe('2');
  });

  test('a look does not return to older versions when the newest is taken away', async () => {
    await add('a/1', 'a/2');
    const { registry } = registryOf();
    await registry.load();
    await rm(path.join(repository, 'a/2'), { recursive: true });
    await registry.poll();
    expect(versionOf(registry)).toBe('2');
  });

  test('loads of one name follow each other; unloading ends it', async () => {
    await add('a/1', 'a/2');
    const { registry, started } = registryOf();
    await registry.load();
    await Promise.all([
      registry.loadModel('a', '1'),
      registry.loadModel('a', '2'),
      registry.loadModel('a', '1'),
    ]);
    expect(versionOf(registry)).toBe('1');
    expect(started.map(({ manifest }) => manifest.version)).toEqual(['2', '1', '2', '1']);
    await registry.unloadModel('a');
    expect(registry.ready).toBe(false);
    await expect(registry.loadModel('a', '9')).rejects.toMatchObject({ code: 'model_missing' });
  });
});

describe('labels', () => {
  test('a canary answers its share, the same requests every time, and either label when it is named', async () => {
    await add('a/1', 'a/2');
    const { registry } = registryOf([{ name: 'a', version: '1', canary: { version: '2', percent: 20 } }]);
    await registry.load();
    const ids = Array.from({ length: 2000 }, (_, i) => `request-${i}`);
    const answered = ids.map((id) => versionOf(registry, 'a', undefined, id));
    expect(ids.map((id) => versionOf(registry, 'a', undefined, id))).toEqual(answered);
    const share = answered.filter((version) => version === '2').length / ids.length;
    expect(share).toBeGreaterThan(0.16);
    expect(share).toBeLessThan(0.24);
    expect([versionOf(registry, 'a', 'stable'), versionOf(registry, 'a', 'canary')]).toEqual(['1', '2']);
    await registry.setCanary('a', '2', 0);
    expect(() => registry.find('a', 'canary')).toThrow(expect.objectContaining({ code: 'model_unknown' }));
  });

  test('the stable version is no canary', async () => {
    await add('a/1');
    const { registry, started } = registryOf([
      { name: 'a', version: null, canary: { version: '1', percent: 20 } },
    ]);
    await registry.load();
    expect(registry.labelled).toHaveLength(1);
    await expect(registry.setCanary('a', '1', 5)).rejects.toMatchObject({ code: 'canary_stable' });
    expect(started).toHaveLength(1);
  });

  test('a canary that is made stable is not loaded a second time', async () => {
    await add('a/1', 'a/2');
    const { registry, started } = registryOf([
      { name: 'a', version: '1', canary: { version: '2', percent: 20 } },
    ]);
    await registry.load();
    await registry.loadModel('a', '2');
    expect(registry.labelled.map(({ model, label }) => [model.manifest.version, label])).toEqual([
      ['2', 'stable'],
    ]);
    expect(started.map(({ manifest }) => manifest.version)).toEqual(['1', '2']);
    await registry.rollback('a');
    expect(versionOf(registry)).toBe('1');
  });

  test('places of requests lie in [0, 100)', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        expect(percentileOf(id)).toBeGreaterThanOrEqual(0);
        expect(percentileOf(id)).toBeLessThan(100);
      }),
    );
  });
});

describe('order', () => {
  test.each([
    ['configured', ['b', 'a', 'c'].map((name) => ({ name, version: null, canary: null })), ['b', 'a', 'c']],
    ['scanned', null, ['a', 'b', 'c']],
  ])('%s: it stays when the default is unloaded and loaded', async (_, models, names) => {
    await add('a/1', 'b/1', 'c/1');
    const { registry } = registryOf(models);
    await registry.load();
    const [first = ''] = names;
    const listed = () => registry.models.map(({ manifest }) => manifest.name);
    expect(listed()).toEqual(names);
    await registry.unloadModel(first);
    expect(listed()).toEqual(names.slice(1));
    expect(() => registry.find()).toThrow(
      expect.objectContaining({ code: 'model_not_ready', message: expect.stringContaining(first) }),
    );
    await registry.loadModel(first);
    expect(listed()).toEqual(names);
    expect([registry.find().manifest.name, registry.defaultName]).toEqual([first, first]);
  });

  test('a default that does not load is not another model', async () => {
    await add('a/1', 'b/1');
    const { registry, broken } = registryOf();
    broken.add('a/1');
    await registry.load();
    expect(() => registry.find()).toThrow(expect.objectContaining({ code: 'model_not_ready' }));
    expect(versionOf(registry, 'b')).toBe('1');
  });
});

describe('closing', () => {
  test('ends a look: what it was loading is ended, and nothing more is begun', async () => {
    await add('a/1', 'b/1');
    const { registry, started, signals, hold } = registryOf();
    await registry.load();
    await add('a/2', 'b/2');
    const start = hold('a/2');
    const looked = registry.poll();
    while (signals.length < 3) await settle();
    const closed = registry.close();
    expect(signals[2]?.aborted).toBe(true);
    start();
    await Promise.all([looked, closed]);
    expect(started.map(({ manifest, closed: ended }) => [manifest.name, manifest.version, ended])).toEqual([
      ['a', '1', true],
      ['b', '1', true],
      ['a', '2', true],
    ]);
    await expect(registry.loadModel('b')).rejects.toMatchObject({ code: 'server_draining' });
    await registry.poll();
    expect([signals.length, registry.models]).toEqual([3, []]);
  });

  test('does not wait for a load that hangs, whose version is ended when it comes', async () => {
    await add('a/1', 'a/2');
    const { registry, started, hold } = registryOf();
    const start = hold('a/2');
    const loaded = registry.load();
    await settle();
    await registry.close();
    start();
    await loaded;
    expect(started.map(({ manifest, closed }) => [manifest.version, closed])).toEqual([['2', true]]);
    expect([registry.ready, registry.models]).toEqual([false, []]);
  });

  test('kills what does not end', async () => {
    await add('a/1');
    const { registry, started } = registryOf();
    await registry.load();
    const { pool } = started[0]!;
    const { promise: ended, resolve: kill } = later();
    Object.assign(pool, { close: () => ended, kill });
    await registry.close();
    await ended;
  });
});

test('a watched repository is looked into again only when the look before is done', async () => {
  const clock = new FakeClock();
  let polls = 0;
  let finish: () => void = () => undefined;
  const poll = () => {
    polls += 1;
    return new Promise<void>((resolve) => (finish = resolve));
  };
  const stop = watchRepository({ poll }, Promise.resolve(), 1000, clock);
  await settle();
  clock.pass(5000);
  expect(polls).toBe(1);
  finish();
  await settle();
  clock.pass(1000);
  expect(polls).toBe(2);
  let ended = false;
  const end = stop().then(() => (ended = true));
  await settle();
  expect(ended).toBe(false);
  finish();
  await end;
  clock.pass(5000);
  expect([polls, clock.timers]).toEqual([2, 0]);
});
