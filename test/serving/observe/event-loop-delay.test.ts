import { expect, test } from '@jest/globals';
import { watchEventLoop } from '../../../serving/observe/event-loop-delay.js';
import { FakeClock } from '../../fixtures/fake-clock.js';

/** A clock whose timers run only when they are let, as those of a loop that is busy. */
class StallingClock extends FakeClock {
  #stalledMs = 0;

  override now(): number {
    return super.now() + this.#stalledMs;
  }

  stall(milliseconds: number): void {
    this.#stalledMs += milliseconds;
  }
}

test('an idle loop has no delay: the interval between ticks is not counted', () => {
  const clock = new FakeClock();
  const delays: number[] = [];
  watchEventLoop(clock, (delay) => delays.push(delay));
  clock.pass(100);
  expect(delays).toEqual(new Array(20).fill(0));
});

test('what was due while the loop stood still is counted, each tick with its part', () => {
  const clock = new StallingClock();
  const delays: number[] = [];
  watchEventLoop(clock, (delay) => delays.push(delay));
  clock.pass(4);
  clock.stall(21);
  clock.pass(1);
  expect(delays).toEqual([21, 16, 11, 6, 1]);
  clock.pass(10);
  expect(delays.slice(5)).toEqual([0, 0]);
});

test('a process that was suspended counts a minute at most', () => {
  const clock = new StallingClock();
  let ticks = 0;
  watchEventLoop(clock, () => (ticks += 1));
  clock.stall(3_600_000);
  clock.pass(5);
  expect(ticks).toBeLessThanOrEqual(60_000 / 5 + 1);
});

test('it ends', () => {
  const clock = new FakeClock();
  watchEventLoop(clock, () => undefined)();
  expect(clock.timers).toBe(0);
});
