/** Contestants timed in turn, round after round, so that what else the machine does meets all of them alike. */
import type { Contestant, Feeds, Run, Runner } from './contestant.js';
import { reasonOf } from '../../core/reason-of.js';

export interface Shape {
  readonly rows: number;
  readonly length: number;
}

export interface Timing {
  readonly contestant: Contestant;
  readonly threads: number;
  readonly shape: Shape;
  /** Milliseconds a run, one a round. */
  readonly milliseconds: readonly number[];
  readonly processorMilliseconds: readonly number[];
  /** Largest |difference| of the first output from the first contestant's. */
  readonly difference: number;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly threads: readonly number[];
  readonly shapes: readonly Shape[];
  readonly inputs: (shape: Shape) => Feeds;
  readonly onProgress: (line: string) => void;
}

/** So long should one measurement last, that a timer's grain and a stray interrupt do not matter. Milliseconds. */
const wantedMs = 30;

/** Contestants that fail are left out, with a line to onProgress. */
export async function runRounds(
  contestants: readonly Contestant[],
  { rounds, threads, shapes, inputs, onProgress }: RoundOptions,
): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const count of threads) {
    const runners = await openAll(contestants, count, onProgress);
    for (const shape of shapes) {
      onProgress(`${String(count)} threads, ${String(shape.rows)} x ${String(shape.length)}`);
      const feeds = inputs(shape);
      const times = new Map<Runner, { times: number; output: number[]; runs: Run[] }>();
      for (const { runner, name } of runners) {
        try {
          await runner.time(feeds, 1);
          const { milliseconds, output } = await runner.time(feeds, 2);
          const fits = Math.max(1, Math.min(20, Math.round(wantedMs / milliseconds)));
          times.set(runner, { times: fits, output, runs: [] });
        } catch (error) {
          onProgress(`${name}: ${reasonOf(error)}`);
        }
      }
      for (let round = 0; round < rounds; round += 1)
        for (const { runner } of rotated(runners, round)) {
          const own = times.get(runner);
          if (own !== undefined) own.runs.push(await runner.time(feeds, own.times));
        }
      const expected = [...times.values()][0]?.output ?? [];
      for (const { runner, contestant } of runners) {
        const own = times.get(runner);
        if (own === undefined) continue;
        const difference = expected.reduce(
          (most, value, place) => Math.max(most, Math.abs(value - (own.output[place] ?? Infinity))),
          0,
        );
        timings.push({
          contestant,
          threads: count,
          shape,
          milliseconds: own.runs.map(({ milliseconds }) => milliseconds),
          processorMilliseconds: own.runs.map((run) => run.processorMilliseconds),
          difference,
        });
      }
    }
    for (const { runner } of runners) await runner.close();
  }
  return timings;
}

/** Each round starts with another one, so that none always follows the same neighbour's cache. */
function rotated<T>(values: readonly T[], round: number): T[] {
  const start = round % Math.max(1, values.length);
  return [...values.slice(start), ...values.slice(0, start)];
}

interface Opened {
  readonly name: string;
  readonly contestant: Contestant;
  readonly runner: Runner;
}

async function openAll(
  contestants: readonly Contestant[],
  threads: number,
  onProgress: (line: string) => void,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const contestant of contestants) {
    try {
      opened.push({ name: contestant.name, contestant, runner: await contestant.open(threads) });
    } catch (error) {
      onProgress(`${contestant.name}: ${reasonOf(error)}`);
    }
  }
  return opened;
}
