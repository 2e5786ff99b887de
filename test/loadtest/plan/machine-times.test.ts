import { expect, test } from '@jest/globals';
import { parseMachineTimes } from '../../../loadtest/plan/machine-times.js';

test('idle is what waits for a disk too; interrupts are those of hardware and what follows them', () => {
  const stat =
    'cpu  100 20 30 4000 500 6 7 8 9 10\ncpu0 50 10 15 2000 250 3 3 4 4 5\ncpu1 50 10 15 2000 250 3 4 4 5 5\nintr 1\n';
  expect(parseMachineTimes(stat)).toEqual({ cores: 2, idleMs: 45_000, interruptsMs: 130 });
});

test('a system that has no such file says nothing', () => {
  expect(parseMachineTimes('')).toBeNull();
});
