/** Cache, cascade, shadow and explanation around a model that answers at once. */
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { brownOut } from '../../serving/cascade/brown-out.js';
import { Cascade, type CascadeSettings } from '../../serving/cascade/cascade.js';
import { runsOf } from '../../serving/inference/explain.js';
import { InferenceService } from '../../serving/inference/service.js';
import { Metrics } from '../../serving/metrics.js';
import type { ModelRegistry, ServedModel } from '../../serving/model-registry.js';
import { ResultCache } from '../../serving/result-cache.js';
import { Agreement, klDivergence } from '../../serving/shadow/agreement.js';
import { Shadow, type ShadowSettings } from '../../serving/shadow/shadow.js';
import { FakeClock } from '../fixtures/fake-clock.js';
import { type FakeModel, fakeModel } from '../fixtures/fake-model.js';

interface Setting {
  readonly cacheBytes?: number;
  readonly cascade?: Partial<CascadeSettings>;
  readonly shadow?: Partial<ShadowSettings>;
  /** What the student makes of a text: the difference of its logits. */
  readonly margin?: (text: string) => number;
  readonly teacherAnswers?: boolean;
}

/** A text's margin is its number. */
const byNumber = (text: string) => Number(text);

function start({ cacheBytes = 0, cascade, shadow, margin = byNumber, teacherAnswers = true }: Setting = {}) {
  const clock = new FakeClock();
  const metrics = new Metrics(() => []);
  const student = fakeModel({
    clock,
    answer: (item) => [0, 'text' in item ? margin(item.text) : item.ids.length],
  });
  const teacher = fakeModel({ name: 'teacher', clock, ...(teacherAnswers ? { answer: () => [9, 0] } : {}) });
  let current: FakeModel = student;
  const beside = { student: 'student', teacher: 'teacher', clock, metrics, teacherModel: () => teacher };
  const service = new InferenceService({
    registry: { find: () => current } as unknown as ModelRegistry,
    metrics,
    cache: cacheBytes > 0 ? new ResultCache(cacheBytes) : null,
    cascade:
      cascade === undefined ? null : new Cascade({ confidence: 0.9, budget: 1, ...beside, ...cascade }),
    shadow:
      shadow === undefined
        ? null
        : new Shadow({
            share: 1,
            window: 100,
            baseline: null,
            random: () => 0,
            logger: pino({ level: 'silent' }),
            ...beside,
            ...shadow,
          }),
    explainRuns: 4,
    onAnswered: null,
  });
  const infer = (...texts: string[]) =>
    service.infer({
      items: texts.map((text) => ({ text })),
      deadlineMs: clock.now() + 1000,
      requestId: '',
      cascade: true,
    });
  const count = async (pattern: string) =>
    Number(new RegExp(`^${pattern} (\\S+)$`, 'm').exec(await metrics.registry.metrics())?.[1] ?? 0);
  return { clock, service, student, teacher, infer, count, swap: (model: FakeModel) => (current = model) };
}

describe('the cache', () => {
  test('answers a text that was asked before, and only asks the others', async () => {
    const { infer, student, count } = start({ cacheBytes: 10_000 });
    const first = await infer('1', '2');
    const second = await infer('2', '3', '1');
    expect(student.asked).toHaveLength(3);
    expect(second.results.map(({ logits }) => logits[1])).toEqual([2, 3, 1]);
    expect(second.results[0]).toEqual(first.results[1]);
    expect(await count('retort_cache_requests_total{model="student",result="hit"}')).toBe(2);
  });

  test('knows nothing of another version', async () => {
    const { infer, swap, clock } = start({ cacheBytes: 10_000 });
    await infer('1');
    swap(fakeModel({ version: '2', clock, answer: () => [5, 0] }));
    expect((await infer('1')).results[0]!.label).toBe('negative');
  });

  test('holds no more than its bytes, and keeps what was used last', () => {
    const model = {} as ServedModel;
    const cache = new ResultCache(3 * 300);
    const answer = { logits: [1], words: 1 };
    for (const text of ['a', 'b', 'c']) cache.set(model, text, answer);
    cache.get(model, 'a');
    cache.set(model, 'd', answer);
    expect(['a', 'b', 'c', 'd'].map((text) => cache.get(model, text) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    cache.set(model, 'x'.repeat(1000), answer);
    expect(cache.size).toBe(3);
  });
});

describe('the cascade', () => {
  test('asks the teacher about what the student is not confident of', async () => {
    const { infer, teacher } = start({ cascade: {} });
    const { results } = await infer('5', '1');
    expect(results.map(({ label, model, degraded }) => [label, model.manifest.name, degraded])).toEqual([
      ['positive', 'student', false],
      ['negative', 'teacher', false],
    ]);
    expect(teacher.asked).toEqual([{ text: '1' }]);
  });

  test('asks about no more than its share, and says where it could not', async () => {
    const { infer, teacher } = start({ cascade: { budget: 0.1 } });
    let degraded = 0;
    for (let i = 0; i < 200; i += 1) {
      const [result] = (await infer('1')).results;
      if (result!.degraded) degraded += 1;
      expect(result!.label).toBe(result!.degraded ? 'positive' : 'negative');
    }
    expect(teacher.asked.length).toBeGreaterThanOrEqual(19);
    expect(teacher.asked.length).toBeLessThanOrEqual(22);
    expect(degraded).toBe(200 - teacher.asked.length);
  });

  test('a teacher that is late or full is the student’s answer, degraded', async () => {
    const late = start({ cascade: {}, teacherAnswers: false });
    const pending = late.infer('1');
    await new Promise((resolve) => setImmediate(resolve));
    late.clock.pass(1000);
    expect((await pending).results[0]).toMatchObject({ degraded: true, label: 'positive' });

    const short = start({ cascade: {} });
    const { results } = await short.service.infer({
      items: [{ text: '1' }],
      deadlineMs: short.clock.now() + 10,
      requestId: '',
      cascade: true,
    });
    expect(results[0]).toMatchObject({ degraded: true });
    expect(short.teacher.asked).toEqual([]);
  });

  test('a teacher that hangs holds one text for a while, and the others not at all', async () => {
    const { infer, clock, teacher, count } = start({ cascade: {}, teacherAnswers: false });
    const asked = jest.spyOn(teacher.queue, 'submit');
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const held = infer('1');
    await turn();
    clock.pass(200);
    expect((await held).results[0]).toMatchObject({ degraded: true, label: 'positive' });
    for (let text = 0; text < 5; text += 1) expect((await infer('1')).results[0]!.degraded).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(await count('retort_cascade_texts_total{model="student",outcome="too_late"}')).toBe(5);
    clock.pass(1000);
    const trial = infer('1');
    await turn();
    expect((await infer('1')).results[0]!.degraded).toBe(true);
    clock.pass(400);
    await trial;
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test('a teacher that answers again is asked again, and one that is slow is waited for longer each time', async () => {
    const { infer, clock, teacher } = start({ cascade: {}, teacherAnswers: false });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const answerAll = () => {
      for (let batch = teacher.queue.take(); batch !== null; batch = teacher.queue.take())
        teacher.queue.answer(
          batch,
          batch.entries.map(() => ({ logits: [9, 0], words: 1 })),
          { tokenizeMs: 1, inferMs: 2 },
        );
    };
    const asked = async (takesMs: number) => {
      const pending = infer('1');
      await turn();
      clock.pass(takesMs);
      answerAll();
      return (await pending).results[0]!.degraded;
    };
    expect(await asked(300)).toBe(true);
    clock.pass(1000);
    expect(await asked(300)).toBe(false);
    expect(await asked(100)).toBe(false);
  });

  test('a teacher is given up before the deadline, so that the answer is in time', async () => {
    const { service, clock } = start({ cascade: {}, teacherAnswers: false });
    const pending = service.infer({
      items: [{ text: '1' }],
      deadlineMs: clock.now() + 100,
      requestId: '',
      cascade: true,
    });
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(95);
    expect((await pending).results[0]).toMatchObject({ degraded: true });
  });

  test('the brown-out gives up escalations, then the shadow, and both for good order', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const [low, high] = [brownOut(Math.min(a, b)), brownOut(Math.max(a, b))];
          expect(high.escalationShare).toBeLessThanOrEqual(low.escalationShare);
          if (high.shadow) expect(low.shadow).toBe(true);
          if (!low.shadow) expect(low.escalationShare).toBe(0);
        },
      ),
    );
    expect(brownOut(0)).toEqual({ escalationShare: 1, shadow: true });
    expect(brownOut(1)).toEqual({ escalationShare: 0, shadow: false });
  });
});

describe('the shadow', () => {
  test('counts agreement and flips by class', async () => {
    const { infer, count } = start({ shadow: {} });
    await infer('5');
    await infer('-5');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await count('retort_shadow_agreement_ratio{model="student"}')).toBe(0.5);
    expect(
      await count('retort_shadow_flips_total{model="student",student="positive",teacher="negative"}'),
    ).toBe(1);
    expect(await count('retort_shadow_drift{model="student"}')).toBe(0);
  });

  test('holds back no answer, and drops what is too much', async () => {
    const { infer, count } = start({ shadow: {}, teacherAnswers: false });
    for (let i = 0; i < 40; i += 1) await infer('5');
    expect(await count('retort_shadow_samples_total{model="student",result="dropped"}')).toBe(8);
  });

  test('agreement below the baseline beyond chance raises the alarm, within it does not', () => {
    const sample = (agrees: boolean) => ({ student: 0, teacher: agrees ? 0 : 1, divergence: 0.5 });
    const drift = (every: number) => {
      const agreement = new Agreement(200, 0.95);
      let report = agreement.add(sample(true));
      for (let i = 1; i < 400; i += 1) report = agreement.add(sample(i % every !== 0));
      expect([report.samples, report.divergence]).toEqual([200, 0.5]);
      return report.drifts;
    };
    expect([drift(4), drift(20)]).toEqual([true, false]);
  });

  test('the divergence is 0 for equals, never negative, and finite', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(probability, probability, (p, q) => {
        const found = klDivergence([p, 1 - p], [q, 1 - q]);
        expect(found).toBeGreaterThanOrEqual(-1e-12);
        expect(Number.isFinite(found)).toBe(true);
      }),
    );
    expect(klDivergence([0.3, 0.7], [0.3, 0.7])).toBe(0);
  });
});

describe('an explanation', () => {
  test('leaves each piece out in turn, in one batch through the queue', async () => {
    // The positive logit is the number of ids.
    const { service, student, clock } = start({ margin: () => 3 });
    const { attributions, results } = await service.explain('abc', {
      deadlineMs: clock.now() + 100,
      requestId: '',
    });
    expect(student.asked.slice(1)).toEqual([{ ids: [1, 2] }, { ids: [0, 2] }, { ids: [0, 1] }]);
    expect(attributions.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    const score = (logit: number) => 1 / (1 + Math.exp(-logit));
    for (const { weight } of attributions) expect(weight).toBeCloseTo(score(3) - score(2), 12);
    expect(results[0]!.label).toBe('positive');
  });

  test('of a long text is by runs, and of one piece by what is left', async () => {
    const { service, student, clock } = start({ margin: () => 3 });
    const call = { deadlineMs: clock.now() + 100, requestId: '' };
    expect((await service.explain('abcdefgh', call)).attributions.map(({ text }) => text)).toEqual([
      'ab',
      'cd',
      'ef',
      'gh',
    ]);
    await service.explain('a', call);
    expect(student.asked.at(-1)).toEqual({ text: '' });
  });

  test('runs are the pieces, in order, none empty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 64 }), (pieces, most) => {
        const runs = runsOf(
          Array.from({ length: pieces }, (_, id) => ({ text: '', id })),
          most,
        );
        expect(runs.length).toBeLessThanOrEqual(most);
        expect(runs.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual([
          ...Array(pieces).keys(),
        ]);
        for (const [from, to] of runs) expect(to).toBeGreaterThan(from);
      }),
    );
  });
});
