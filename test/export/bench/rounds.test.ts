/** Contestants are timed in turn, and one that fails keeps nobody from being measured. */
import { expect, test } from '@jest/globals';
import type { Contestant } from '../../../export/bench/contestant.js';
import { runRounds } from '../../../export/bench/rounds.js';

function contestant(name: string, output: number[], log: string[], fails = false): Contestant {
  return {
    name,
    precision: 'fp32',
    nodes: 1,
    bytes: 1,
    open: () =>
      Promise.resolve({
        time: () => {
          if (fails) return Promise.reject(new Error('no kernel'));
          log.push(name);
          return Promise.resolve({ milliseconds: 40, processorMilliseconds: 40, output });
        },
        close: () => {
          log.push(`${name} closed`);
          return Promise.resolve();
        },
      }),
  };
}

test('each round measures all, in another order, and outputs are compared with the first', async () => {
  const log: string[] = [];
  const lines: string[] = [];
  const timings = await runRounds(
    [contestant('a', [1], log), contestant('b', [1.5], log), contestant('c', [], log, true)],
    {
      rounds: 3,
      threads: [1],
      shapes: [{ rows: 1, length: 4 }],
      inputs: () => ({}),
      onProgress: (line) => lines.push(line),
    },
  );
  expect(
    timings.map(({ contestant: { name }, milliseconds, difference }) => [
      name,
      milliseconds.length,
      difference,
    ]),
  ).toEqual([
    ['a', 3, 0],
    ['b', 3, 0.5],
  ]);
  const rounds = log.slice(4, 10);
  for (const round of [rounds.slice(0, 2), rounds.slice(2, 4), rounds.slice(4, 6)])
    expect(round.toSorted()).toEqual(['a', 'b']);
  expect(new Set([rounds[0], rounds[2], rounds[4]]).size).toBe(2);
  expect(lines).toContainEqual(expect.stringContaining('no kernel'));
  expect(log.slice(-3)).toEqual(['a closed', 'b closed', 'c closed']);
});
