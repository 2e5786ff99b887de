/** Buckets, batch sizes and the order of service: what must hold whatever waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchSize } from '../../../core/batching/batch-size.js';
import { bucketLimits, bucketOf } from '../../../core/batching/buckets.js';
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

describe('the size of a batch', () => {
  const limits = fc.record({
    largestBatch: fc.integer({ min: 1, max: 20 }),
    tokenBudget: fc.integer({ min: 1, max: 3000 }),
    rowByRow: fc.boolean(),
  });

  test('is at least one row, within the rows, the share and the budget', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 8 }), limits, (waiting, free, bounds) => {
        const { rows } = batchSize(waiting, free, bounds);
        expect(rows).toBeGreaterThanOrEqual(1);
        expect(rows).toBeLessThanOrEqual(Math.min(bounds.largestBatch, Math.ceil(waiting.length / free)));
        const taken = waiting.slice(0, rows);
        const padded = Math.max(...taken) * rows;
        const cost = bounds.rowByRow ? taken.reduce((sum, length) => sum + length, 0) : padded;
        if (rows > 1) expect(cost).toBeLessThanOrEqual(bounds.tokenBudget);
      }),
    );
  });

  test('says what bounded it', () => {
    const bounds = { largestBatch: 4, tokenBudget: 100, rowByRow: false };
    expect(batchSize([10, 10], 1, bounds)).toEqual({ rows: 2, reason: 'drained' });
    expect(batchSize([10, 10, 10, 10, 10], 1, bounds)).toEqual({ rows: 4, reason: 'rows' });
    expect(batchSize([10, 10, 10, 10], 2, bounds)).toEqual({ rows: 2, reason: 'shared' });
    expect(batchSize([40, 40, 40], 1, bounds)).toEqual({ rows: 2, reason: 'budget' });
    expect(batchSize([400, 1], 1, bounds)).toEqual({ rows: 1, reason: 'budget' });
  });
});

test('the oldest entry is always in the next batch, and a bucket is served in order: nothing starves', () => {
  fc.assert(
    fc.property(
      lengths,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 500 }),
      (rows, largestBatch, tokenBudget) => {
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
        for (let batch = queue.take(); batch !== null; batch = queue.take()) {
          const orders = batch.entries.map(({ order }) => order);
          expect(orders[0]).toBe(Math.min(...left));
          expect(orders).toEqual([...orders].sort((a, b) => a - b));
          const bucket = bucketOf(batch.entries[0]!.length);
          for (const { length } of batch.entries) expect(bucketOf(length)).toBe(bucket);
          // None of the bucket that is older than one that goes stays behind.
          for (const order of left)
            if (bucketOf(rows[order]!) === bucket && order < orders.at(-1)!) expect(orders).toContain(order);
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
