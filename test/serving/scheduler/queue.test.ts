/** The queue of requests, on a clock that the tests turn. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fail } from '../../../core/errors.js';
import type { Item } from '../../../serving/predictor.js';
import { type Answer, type Batch, type Entry, RequestQueue } from '../../../serving/scheduler/queue.js';
import { FakeClock } from '../../fixtures/fake-clock.js';

function start({ capacity = 10, largestBatch = 4, tokenBudget = 4096 } = {}) {
  const clock = new FakeClock();
  let calls = 0;
  const queue = new RequestQueue({
    capacity,
    largestBatch,
    tokenBudget,
    longestRow: 128,
    clock,
    onWaiting: () => (calls += 1),
  });
  const submit = (
    texts: readonly string[],
    { within = 100, signal }: { within?: number; signal?: AbortSignal } = {},
  ) => {
    const items = texts.map((text): Item => ({ text }));
    const promise = queue.submit({
      items,
      deadlineMs: clock.now() + within,
      ...(signal === undefined ? {} : { signal }),
    });
    // A test looks at an answer after it has let other things happen.
    promise.catch(() => undefined);
    return promise;
  };
  return { clock, queue, submit, calls: () => calls };
}

const take = (queue: RequestQueue): Batch =>
  queue.take() ?? { entries: [], reason: 'drained', dispatchedMs: 0 };
const textsOf = ({ entries }: Pick<Batch, 'entries'>) =>
  entries.map(({ item }) => ('text' in item ? item.text : ''));
/** What a worker would say: the length of the text as its one logit. */
const predictionsOf = (entries: readonly Entry[]) =>
  entries.map(({ length }) => ({ logits: [length], words: length }));
const answerAll = (queue: RequestQueue, batch: Batch, times = { tokenizeMs: 1, inferMs: 2 }) => {
  queue.answer(batch, predictionsOf(batch.entries), times);
};
const logitsOf = ({ predictions }: Answer) => predictions.map(({ logits }) => logits[0]);
const died = () => fail('worker_died', { reason: 'a test' });

test('a deadline that passes is missed by whoever has no answer yet', async () => {
  const clock = new FakeClock();
  let missed = 0;
  const queue = new RequestQueue({
    ...{ capacity: 10, largestBatch: 4, tokenBudget: 4096, longestRow: 128, clock },
    onWaiting: () => undefined,
    onDeadlineMissed: () => (missed += 1),
  });
  const submission = { items: [{ text: 'a' }], deadlineMs: clock.now() + 10 };
  const answers = [queue.submit(submission), queue.submit({ ...submission, isAnswered: true })];
  const settled = Promise.allSettled(answers);
  clock.pass(10);
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(missed).toBe(1);
});

describe('admission', () => {
  test('all items of a request or none', async () => {
    const { queue, submit, calls } = start({ capacity: 3 });
    const first = submit(['a', 'b']);
    expect(() => submit(['c', 'd'])).toThrow(expect.objectContaining({ code: 'queue_full' }));
    expect(queue.depth).toBe(2);
    expect(queue.openRequests).toBe(1);
    expect(calls()).toBe(1);
    expect(() => submit(['c', 'd', 'e', 'f'])).toThrow(
      expect.objectContaining({ code: 'request_over_capacity' }),
    );
    void submit(['e']);
    expect(queue.depth).toBe(3);
    answerAll(queue, take(queue));
    expect(logitsOf(await first)).toEqual([1, 1]);
  });

  test('what is taken makes room', () => {
    const { queue, submit } = start({ capacity: 2 });
    void submit(['a', 'b']);
    take(queue);
    void submit(['c', 'd']);
    expect(queue.depth).toBe(2);
    expect(() => submit(['e'])).toThrow(expect.objectContaining({ code: 'queue_full' }));
  });

  test('a full queue tells all the same, until the wait is another', async () => {
    const { clock, queue, submit } = start({ capacity: 8, largestBatch: 1 });
    for (let i = 0; i < 8; i += 1) void submit(['a'], { within: 1e6 });
    const refusal = queue.refusalOf(1);
    expect(refusal).toMatchObject({ code: 'queue_full', details: { capacity: 8, seconds: 1 } });
    expect(queue.refusalOf(2)).toBe(refusal);
    const batch = take(queue);
    expect(queue.refusalOf(1)).toBeNull();
    clock.pass(2000);
    queue.answer(batch, [{ logits: [1], words: 1 }], { tokenizeMs: 0, inferMs: 2000 });
    void submit(['b'], { within: 1e6 });
    expect(queue.refusalOf(1)).toMatchObject({ code: 'queue_full', details: { seconds: 16 } });
  });

  test('what would come after its deadline is refused at once, with the seconds until it would not', () => {
    const { clock, queue, submit } = start({ capacity: 100, largestBatch: 1 });
    void submit(['a'], { within: 1e6 });
    const batch = take(queue);
    // A worker takes 1.5 s for a text: three that wait are 4.5 s.
    answerAll(queue, batch, { tokenizeMs: 500, inferMs: 1000 });
    for (const text of ['b', 'c', 'd']) void submit([text], { within: 1e6 });
    expect(queue.expectedWaitMs).toBe(4500);
    expect(() => submit(['e'], { within: 2000 })).toThrow(
      expect.objectContaining({
        code: 'queue_too_long',
        details: { wait: 4500, milliseconds: 2000, seconds: 3 },
      }),
    );
    expect(clock.timers).toBe(3);
    void submit(['e'], { within: 4500 });
    expect(queue.depth).toBe(4);
  });

  test('what has a low priority keeps nothing of normal priority waiting', () => {
    const { clock, queue, submit } = start({ capacity: 100, largestBatch: 1 });
    void submit(['a'], { within: 1e6 });
    answerAll(queue, take(queue), { tokenizeMs: 0, inferMs: 1000 });
    const low = Array.from({ length: 9 }, (): Item => ({ text: 'b' }));
    void queue.submit({ items: low, deadlineMs: clock.now() + 1e6, priority: 'low' }).catch(() => undefined);
    expect([queue.depth, queue.expectedWaitMs]).toEqual([9, 0]);
    expect(() => submit(['c'], { within: 500 })).not.toThrow();
    expect(textsOf(take(queue))).toEqual(['c']);
    expect([take(queue).entries.length, queue.depth]).toEqual([1, 8]);
  });

  test('with nothing before it a request is admitted, however short its time', () => {
    const { queue, submit } = start();
    void submit(['a']);
    answerAll(queue, take(queue), { tokenizeMs: 500, inferMs: 1000 });
    void submit(['b'], { within: 1 });
    expect(queue.depth).toBe(1);
  });

  test('a refused request leaves no timer', () => {
    const { clock, submit } = start({ capacity: 1 });
    expect(() => submit(['a', 'b'])).toThrow();
    expect(clock.timers).toBe(0);
  });
});

describe('answers', () => {
  test('are in the order of the items, when the last of several batches is done, the later one first', async () => {
    const { clock, queue, submit } = start({ largestBatch: 2 });
    const texts = ['a', 'bb', 'ccc', 'dddd'];
    const pending = submit(texts);
    clock.pass(5);
    const one = take(queue);
    clock.pass(2);
    const two = take(queue);
    expect([...textsOf(one), ...textsOf(two)]).toEqual(texts);
    answerAll(queue, two, { tokenizeMs: 1, inferMs: 9 });
    expect(queue.openRequests).toBe(1);
    answerAll(queue, one, { tokenizeMs: 3, inferMs: 2 });
    const answer = await pending;
    expect(logitsOf(answer)).toEqual([1, 2, 3, 4]);
    expect(answer).toMatchObject({ queueMs: 7, tokenizeMs: 3, inferMs: 9 });
    expect([queue.openRequests, queue.depth, clock.timers]).toEqual([0, 0, 0]);
  });

  test('requests share a batch and each gets its own', async () => {
    const { queue, submit } = start();
    const pending = [submit(['a', 'bb']), submit(['ccc'])];
    answerAll(queue, take(queue));
    expect((await Promise.all(pending)).map(logitsOf)).toEqual([[1, 2], [3]]);
  });

  test('an entry of another length waits for the next batch', () => {
    const { queue, submit } = start();
    void submit(['好', '好'.repeat(50)]);
    void submit(['很好']);
    expect(textsOf(take(queue))).toEqual(['好', '很好']);
    expect(textsOf(take(queue))).toEqual(['好'.repeat(50)]);
    expect(queue.take()).toBeNull();
  });

  test('whatever is asked in whatever order, every item is answered once, with its own prediction', async () => {
    const request = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        async (requests, largestBatch, takes) => {
          const { queue, submit } = start({ capacity: 1000, largestBatch });
          const pending: Promise<Answer>[] = [];
          const running: Batch[] = [];
          const waiting = [...requests];
          const turns = takes.values();
          while (waiting.length > 0 || queue.depth > 0 || running.length > 0) {
            const next = turns.next().value === true ? undefined : waiting.shift();
            if (next !== undefined) pending.push(submit(next.map((length) => 'x'.repeat(length))));
            else if (queue.depth > 0) running.push(take(queue));
            // The batch that started last ends first.
            else if (running.length > 0) answerAll(queue, running.pop()!);
          }
          expect((await Promise.all(pending)).map(logitsOf)).toEqual(requests);
          expect(queue.openRequests).toBe(0);
        },
      ),
    );
  });
});

describe('deadlines and clients that leave', () => {
  test('the time in the queue counts; what expired is not taken', async () => {
    const { clock, queue, submit } = start();
    const late = submit(['a', 'b'], { within: 50 });
    const patient = submit(['c'], { within: 200 });
    clock.pass(49);
    expect(queue.depth).toBe(3);
    clock.pass(1);
    await expect(late).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringContaining('50 ms'),
    });
    expect(textsOf(take(queue))).toEqual(['c']);
    clock.pass(150);
    await expect(patient).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(queue.openRequests).toBe(0);
  });

  test('a deadline that has passed is answered at once, and nothing waits', async () => {
    const { queue, submit } = start();
    await expect(submit(['a'], { within: 0 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(queue.depth).toBe(0);
    expect(queue.openRequests).toBe(0);
  });

  test('an answer after the deadline is dropped', async () => {
    const { clock, queue, submit } = start();
    const late = submit(['a'], { within: 50 });
    const taken = take(queue);
    clock.pass(60);
    answerAll(queue, taken);
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  test('an answer in time is not expired later', async () => {
    const { clock, queue, submit } = start();
    const pending = submit(['a'], { within: 50 });
    answerAll(queue, take(queue));
    clock.pass(100);
    expect(logitsOf(await pending)).toEqual([1]);
  });

  test('a client that hangs up takes its entries along, and no others', async () => {
    const { clock, queue, submit } = start();
    const client = new AbortController();
    const gone = submit(['a', 'b'], { signal: client.signal });
    void submit(['c']);
    client.abort();
    await expect(gone).rejects.toMatchObject({ code: 'client_gone' });
    expect(clock.timers).toBe(1);
    expect(textsOf(take(queue))).toEqual(['c']);
  });

  test('a client that is gone before it is admitted is not admitted', async () => {
    const { clock, queue, submit, calls } = start();
    await expect(submit(['a'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'client_gone',
    });
    expect([queue.depth, queue.openRequests, clock.timers, calls()]).toEqual([0, 0, 0, 0]);
  });
});

describe('a worker that dies or fails', () => {
  test('its entries go before all others, once', async () => {
    const { queue, submit, calls } = start({ largestBatch: 2 });
    const pending = submit(['a', 'b']);
    const other = submit(['c']);
    queue.retry(take(queue), died());
    expect(calls()).toBe(3);
    const again = take(queue);
    expect(textsOf(again)).toEqual(['a', 'b']);
    queue.retry(again, died());
    await expect(pending).rejects.toMatchObject({ code: 'worker_died' });
    expect(textsOf(take(queue))).toEqual(['c']);
    expect(queue.openRequests).toBe(1);
    void other;
  });

  test('a second run that succeeds answers the request', async () => {
    const { queue, submit } = start();
    const pending = submit(['a', 'bb']);
    queue.retry(take(queue), died());
    answerAll(queue, take(queue));
    expect(logitsOf(await pending)).toEqual([1, 2]);
  });

  test('a request that is refused for one of its entries leaves none of the others behind', async () => {
    const { queue, submit } = start({ largestBatch: 2 });
    const pending = submit(['a', 'b', 'c']);
    const batch = take(queue);
    const [a, b] = batch.entries;
    answerAll(queue, { ...batch, entries: [b!] });
    queue.retry({ entries: [a!] }, died());
    // a for the second time, c for the first
    const mixed = take(queue);
    expect(textsOf(mixed)).toEqual(['a', 'c']);
    queue.retry(mixed, died());
    await expect(pending).rejects.toMatchObject({ code: 'worker_died' });
    expect([queue.depth, queue.openRequests]).toEqual([0, 0]);
  });

  test('what is nobody’s any more is not run again', () => {
    const { clock, queue, submit, calls } = start();
    void submit(['a'], { within: 10 });
    const taken = take(queue);
    clock.pass(20);
    queue.retry(taken, died());
    expect([queue.depth, calls()]).toEqual([0, 1]);
  });

  test('a failed batch refuses its requests and theirs alone', async () => {
    const { queue, submit } = start({ largestBatch: 1 });
    const [failed, fine] = [submit(['a', 'b']), submit(['c'])];
    queue.refuse(take(queue), fail('session_run_failed', { reason: 'a test' }));
    await expect(failed).rejects.toMatchObject({ code: 'session_run_failed' });
    expect(queue.depth).toBe(1);
    answerAll(queue, take(queue));
    expect(logitsOf(await fine)).toEqual([1]);
  });
});

test('a queue that is opened again takes what comes', async () => {
  const { queue, submit } = start();
  queue.close(fail('model_refused', { path: 'x', reason: 'y' }));
  expect(() => submit(['a'])).toThrow(expect.objectContaining({ code: 'model_refused' }));
  queue.reopen();
  const asked = submit(['a']);
  answerAll(queue, take(queue), { tokenizeMs: 0, inferMs: 0 });
  expect((await asked).predictions).toHaveLength(1);
});

test('a queue that is closed answers what is open, waiting or taken, and refuses what comes', async () => {
  const { clock, queue, submit } = start({ largestBatch: 1 });
  const pending = [submit(['a']), submit(['b', 'c'])];
  take(queue);
  queue.close(fail('server_draining', {}));
  for (const one of pending) await expect(one).rejects.toMatchObject({ code: 'server_draining' });
  expect([queue.depth, queue.openRequests, clock.timers]).toEqual([0, 0, 0]);
  expect(() => submit(['d'])).toThrow(expect.objectContaining({ code: 'server_draining' }));
});
