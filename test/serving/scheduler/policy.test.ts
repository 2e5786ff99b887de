/** Buckets, batch sizes and the order of service: what must hold whatever waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketLimits, bucketOf } from '../../../core/batching/buckets.js';
import { chooseBatch } from '../../../core/batching/choose-batch.js';
import { runCost } from '../../../core/batching/run-cost.js';
import { LengthEstimate } from '../../../serving/scheduler/length-estimate.js';
import { RequestQueue } from '../../../serving/scheduler/queue.js';
import { retryAfterSeconds, ServiceTime } from '../../../serving/scheduler/service-time.js';
import { FakeClock } from '../../fixtures/fake-clock.js';

const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });

describe('buckets', () => {
  test('longer rows never fall into an earlier bucket, and a bucket pads by a quarter and some steps at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (a, b) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        expect(bucketOf(short)).toBeLessThanOrEqual(bucketOf(long));
        if (bucketOf(short) === bucketOf(long)) expect(long).toBeLessThanOrEqual(short * 1.25 + 8);
      }),
    );
  });

  test('a warm-up runs one length of each bucket, up to the longest', () => {
    const limits = bucketLimits(128);
    expect(limits.at(-1)).toBe(128);
    expect(limits.map(bucketOf)).toEqual([...limits.keys()]);
  });
});

describe('the choice of a batch', () => {
  const limits = fc.record({
    largestBatch: fc.integer({ min: 1, max: 20 }),
    tokenBudget: fc.integer({ min: 1, max: 3000 }),
    rowByRow: fc.boolean(),
    rowShare: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  /** By bucket, none empty. */
  const inBuckets = (rows: readonly number[]) => {
    const byBucket = new Map<number, { length: number }[]>();
    for (const length of [...rows].sort((a, b) => bucketOf(a) - bucketOf(b)))
      byBucket.set(bucketOf(length), [...(byBucket.get(bucketOf(length)) ?? []), { length }]);
    return [...byBucket.values()];
  };

  test('has a row of its bucket at least, is within the rows and the budget, and costs less a token than without the others', () => {
    fc.assert(
      fc.property(lengths, fc.nat(), fc.integer({ min: 1, max: 8 }), limits, (rows, pick, free, bounds) => {
        const buckets = inBuckets(rows);
        const home = pick % buckets.length;
        const { taken } = chooseBatch(buckets, home, free, bounds);
        const chosen = buckets.map((bucket, place) =>
          bucket.slice(0, taken[place]).map(({ length }) => length),
        );
        const batch = chosen.flat();
        expect(taken[home]).toBeGreaterThanOrEqual(1);
        expect(batch.length).toBeLessThanOrEqual(
          Math.min(bounds.largestBatch, Math.ceil(rows.length / free)),
        );
        const total = batch.reduce((sum, length) => sum + length, 0);
        const cost = bounds.rowByRow ? total : Math.max(...batch) * batch.length;
        if (batch.length > 1) expect(cost).toBeLessThanOrEqual(bounds.tokenBudget);
        const perToken = (some: readonly number[]) =>
          runCost(Math.max(...some), some.length, bounds.rowShare) /
          some.reduce((sum, length) => sum + length, 0);
        expect(perToken(batch)).toBeLessThanOrEqual(perToken(chosen[home]!) + 1e-12);
        // What it has of other buckets has no gap.
        const places = [...taken.keys()].filter((place) => taken[place]! > 0);
        expect(places.at(-1)! - places[0]! + 1).toBe(places.length);
      }),
    );
  });

  test('says what bounded it', () => {
    const bounds = { largestBatch: 4, tokenBudget: 100, rowByRow: false, rowShare: 0.5 };
    const rows = (...some: number[]) => [some.map((length) => ({ length }))];
    expect(chooseBatch(rows(10, 10), 0, 1, bounds)).toEqual({ taken: [2], reason: 'drained' });
    expect(chooseBatch(rows(10, 10, 10, 10, 10), 0, 1, bounds)).toEqual({ taken: [4], reason: 'rows' });
    expect(chooseBatch(rows(10, 10, 10, 10), 0, 2, bounds)).toEqual({ taken: [2], reason: 'shared' });
    expect(chooseBatch(rows(40, 40, 40), 0, 1, bounds)).toEqual({ taken: [2], reason: 'budget' });
    expect(chooseBatch(rows(400, 1), 0, 1, bounds)).toEqual({ taken: [1], reason: 'budget' });
  });

  test('takes shorter and longer rows along where a further row is cheap, and none where it costs what the first does', () => {
    const waiting = [[{ length: 40 }], [{ length: 50 }], [{ length: 60 }]];
    const bounds = { largestBatch: 8, tokenBudget: 2048, rowByRow: false };
    expect(chooseBatch(waiting, 1, 1, { ...bounds, rowShare: 0.3 }).taken).toEqual([1, 1, 1]);
    expect(chooseBatch(waiting, 1, 1, { ...bounds, rowShare: 1 }).taken).toEqual([0, 1, 0]);
    expect(chooseBatch(waiting, 1, 1, { ...bounds, rowByRow: true, rowShare: 0.3 }).taken).toEqual([0, 1, 0]);
  });
});

test('the oldest entry is always in the next batch, and a bucket is served in order: nothing starves', () => {
  fc.assert(
    fc.property(
      lengths,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rows, largestBatch, tokenBudget, rowShare) => {
        const clock = new FakeClock();
        const queue = new RequestQueue({
          capacity: 1000,
          largestBatch,
          tokenBudget,
          longestRow: 1000,
          clock,
          onWaiting: () => undefined,
        });
        for (const length of rows)
          queue
            .submit({ items: [{ ids: new Array<number>(length).fill(1) }], deadlineMs: 1e9 })
            .catch(() => undefined);
        const left = new Set(rows.keys());
        const take = () => queue.take(1, { rowByRow: false, rowShare });
        for (let batch = take(); batch !== null; batch = take()) {
          const orders = batch.entries.map(({ order }) => order);
          expect(orders[0]).toBe(Math.min(...left));
          expect(orders).toEqual([...orders].sort((a, b) => a - b));
          // None that is older than one of its bucket that goes stays behind.
          for (const order of left) {
            const goes = orders.filter((one) => bucketOf(rows[one]!) === bucketOf(rows[order]!));
            if (order < (goes.at(-1) ?? -1)) expect(orders).toContain(order);
          }
          for (const order of orders) left.delete(order);
        }
        expect(left.size).toBe(0);
        queue.close(new Error('done') as never);
      },
    ),
  );
});

test('what has a low priority is taken only when nothing else waits', () => {
  const clock = new FakeClock();
  const queue = new RequestQueue({
    capacity: 10,
    largestBatch: 4,
    tokenBudget: 100,
    longestRow: 128,
    clock,
    onWaiting: () => undefined,
  });
  const submit = (text: string, priority: 'normal' | 'low') =>
    void queue.submit({ items: [{ text }], deadlineMs: 1e9, priority }).catch(() => undefined);
  submit('a', 'low');
  submit('b', 'normal');
  const texts = () => queue.take()?.entries.map(({ item }) => ('text' in item ? item.text : ''));
  expect([texts(), texts(), texts()]).toEqual([['b'], ['a'], undefined]);
});

test('a text is taken for as long as the latest texts were, and never for longer than a row', () => {
  const lengths = new LengthEstimate(128);
  expect([0, 1, 100, 500].map((characters) => lengths.of(characters))).toEqual([1, 1, 100, 128]);
  for (let text = 0; text < 1000; text += 1) lengths.saw(100, 60);
  // A text that was cut off does not say how long it is.
  for (let text = 0; text < 1000; text += 1) lengths.saw(5000, 128);
  expect([0, 1, 100, 500].map((characters) => lengths.of(characters))).toEqual([1, 1, 61, 128]);
});

test('what a queue takes follows the latest batches, and is shared by its workers', () => {
  const time = new ServiceTime();
  expect(time.millisecondsFor(100, 1)).toBe(0);
  for (let batch = 0; batch < 100; batch += 1) time.served(4, 20);
  expect(time.millisecondsFor(100, 1)).toBeCloseTo(500);
  expect(time.millisecondsFor(100, 2)).toBeCloseTo(250);
  for (let batch = 0; batch < 100; batch += 1) time.served(1, 50);
  expect(time.millisecondsFor(100, 1)).toBeGreaterThan(4900);
});

test('Retry-After is whole seconds, 1 to 60', () => {
  expect([0, 1, 1000, 1001, 1e9].map(retryAfterSeconds)).toEqual([1, 1, 1, 2, 60]);
});
