import { expect, test } from '@jest/globals';
import { parseMachineTimes } from '../../../loadtest/plan/machine-times.js';

test('busy is what programs and the kernel did for them, stolen what the host did not run', () => {
  const stat = 'cpu  100 20 30 4000 500 6 7 8 9 10\ncpu0 50 10 15 2000 250 3 3 4 4 5\nintr 1\n';
  expect(parseMachineTimes(stat)).toEqual({ busyMs: 1500, stolenMs: 80 });
});

test('a system that has no such file says nothing', () => {
  expect(parseMachineTimes('')).toBeNull();
});
