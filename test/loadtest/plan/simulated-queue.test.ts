/** The simulated queue gives what the server's gives. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedQueue } from '../../../loadtest/plan/simulated-queue.js';
import { RequestQueue } from '../../../serving/scheduler/queue.js';
import { FakeClock } from '../../fixtures/fake-clock.js';

const step = fc.oneof(
  fc.record({ push: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
);

test('any texts, taken at any time by any number of workers, go in the same batches', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const limits = { largestBatch: 6, tokenBudget: 300 };
      const ours = new SimulatedQueue<{ name: number; length: number }>({
        ...limits,
        rowByRow: false,
        queueCapacity: 1000,
      });
      const server = new RequestQueue({
        ...limits,
        capacity: 1000,
        longestRow: 1000,
        clock: new FakeClock(),
        onWaiting: () => undefined,
      });
      for (const [name, one] of steps.entries()) {
        if ('push' in one) {
          ours.push({ name, length: one.push });
          const ids = [name, ...Array.from({ length: one.push - 1 }, () => 0)];
          void server.submit({ items: [{ ids }], deadlineMs: 1e9 }).catch(() => undefined);
          continue;
        }
        const expected = server
          .take(one.take)
          ?.entries.map(({ item }) => ('ids' in item ? item.ids[0] : null));
        expect(ours.take(one.take)?.map(({ name: taken }) => taken)).toEqual(expected);
      }
    }),
  );
});

test('a full queue takes nothing', () => {
  const queue = new SimulatedQueue({ largestBatch: 1, tokenBudget: 10, rowByRow: false, queueCapacity: 1 });
  expect([queue.push({ length: 1 }), queue.push({ length: 1 })]).toEqual([true, false]);
});
