/** That the generator is right: against servers whose delays are known, it must report just these. */
import { describe, expect, it } from '@jest/globals';
import { LatencyHistogram } from '../../../loadtest/latency-histogram.js';
import { offered, type Outcome } from '../../../loadtest/outcome.js';
import { arrivals } from '../../../loadtest/open-loop/arrivals.js';
import type { Plan } from '../../../loadtest/open-loop/protocol.js';
import { startRun } from '../../../loadtest/open-loop/run-plan.js';
import type { Sender } from '../../../loadtest/open-loop/sender.js';
import type { RunResult } from '../../../loadtest/measurement.js';
import { VirtualTime } from './virtual-time.js';

const plan = (changes: Partial<Plan> = {}): Plan => ({
  stages: [{ seconds: 10, from: 100, to: 100 }],
  arrivals: 'constant',
  seed: 7,
  warmupSeconds: 0,
  maxInFlight: 1000,
  ...changes,
});

/** Answers after `delayMs`, which may depend on the time at which the request came. */
function server(time: VirtualTime, delayMs: (sinceStart: number) => number, outcome: Outcome = 'ok'): Sender {
  const start = time.now();
  return {
    connectionsOpened: 0,
    send: (_request, done) => {
      time.after(delayMs(time.now() - start), () => done(outcome));
    },
    close: () => undefined,
  };
}

/** One at a time, a millisecond each, first come first served; stands still from the fifth to the sixth second. */
function stallingServer(time: VirtualTime): Sender {
  let freeAt = 0;
  return server(time, (now) => {
    let begin = Math.max(now, freeAt);
    if (begin >= 5000 && begin < 6000) begin = 6000;
    freeAt = begin + 1;
    return freeAt - now;
  });
}

async function run(time: VirtualTime, sender: Sender, changes: Partial<Plan> = {}): Promise<RunResult> {
  const { result } = startRun(plan(changes), sender, 3, time);
  await time.runOut();
  return result;
}

/** Percentiles of these values as the histogram's precision tells them. */
function summaryOf(values: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram.summary();
}

describe('the open loop', () => {
  it('reports the delays of a server that delays', async () => {
    const time = new VirtualTime();
    const delays = Array.from({ length: 1000 }, (_, i) => -20 * Math.log1p(-i / 1000));
    let next = 0;
    const { measured, ended } = await run(
      time,
      server(time, () => delays[(7 * next++) % 1000]!),
    );
    expect(ended).toBe('complete');
    expect(measured.outcomes).toEqual({ ok: 1000 });
    expect(measured.latencyMs).toEqual(summaryOf(delays));
    expect(measured.latencyFromSendingMs).toEqual(measured.latencyMs);
    expect(measured.lagMs!.max).toBe(0);
  });

  it('counts the wait of every request that a stall held up, not of one', async () => {
    const time = new VirtualTime();
    const { measured } = await run(time, stallingServer(time));
    // Due every 10 ms; those of the fifth second wait for its end and for each other.
    const expected: number[] = [];
    let freeAt = 0;
    for (let due = 0; due < 10_000; due += 10) {
      const begin = Math.max(due, freeAt, due >= 5000 && due < 6000 ? 6000 : 0);
      freeAt = begin + 1;
      expected.push(freeAt - due);
    }
    expect(measured.latencyMs).toEqual(summaryOf(expected));
    expect(measured.latencyMs!.p90).toBeGreaterThan(50);
    expect(measured.windows[5]!.latencyMs!.p50).toBeGreaterThan(500);
    expect(measured.windows[4]!.latencyMs!.max).toBeCloseTo(1, 2);
  });

  it('counts as throughput what is answered after the warm-up, however long it waited, and times refusals', async () => {
    const time = new VirtualTime();
    let sent = 0;
    // Every second request is refused after 5 ms; the others wait two seconds.
    const sender: Sender = {
      connectionsOpened: 0,
      send: (_request, done) => {
        const refused = sent++ % 2 === 1;
        time.after(refused ? 5 : 2000, () => done(refused ? '429' : 'ok'));
      },
      close: () => undefined,
    };
    const { measured } = await run(time, sender, { warmupSeconds: 3 });
    expect(measured.requestsPerSecond).toBeCloseTo(50, 0);
    expect(measured.outcomes).toEqual({ ok: 500, '429': 500 });
    expect(measured.refusedLatencyMs!.max).toBeCloseTo(5, 1);
  });

  it('drops what is due while as many are in flight as may be', async () => {
    const time = new VirtualTime();
    const { measured } = await run(time, stallingServer(time), { maxInFlight: 20 });
    expect(measured.outcomes).toEqual({ ok: 919, dropped: 81 });
    expect(offered(measured.windows[5]!.outcomes)).toBe(100);
  });

  it('counts its own lag into the latency, and shows it', async () => {
    const time = new VirtualTime();
    time.lateness = () => 3;
    const { measured } = await run(
      time,
      server(time, () => 2),
    );
    expect(measured.lagMs!.p50).toBeCloseTo(3, 2);
    expect(measured.latencyFromSendingMs!.p50).toBeCloseTo(2, 2);
    expect(measured.latencyMs!.p50).toBeCloseTo(5, 2);
  });

  it('gives up when it is more than a second late', async () => {
    const time = new VirtualTime();
    let woken = 0;
    time.lateness = () => (++woken === 200 ? 1500 : 0);
    const { measured, ended } = await run(
      time,
      server(time, () => 1),
    );
    expect(ended).toBe('generator-late');
    expect(measured.lagMs!.max).toBeGreaterThan(1000);
    expect(measured.durationSeconds).toBeLessThan(4);
  });

  it('ends when the server takes no connection any more', async () => {
    const time = new VirtualTime();
    const { measured, ended } = await run(
      time,
      server(time, () => 0.1, 'connection'),
    );
    expect(ended).toBe('server-gone');
    expect(measured.durationSeconds).toBeCloseTo(2, 1);
    expect(Object.keys(measured.outcomes)).toEqual(['connection']);
  });

  it('keeps what was measured when it is stopped, and tells what was unfinished', async () => {
    const time = new VirtualTime();
    const sender = server(time, (now) => (now > 2000 ? 60_000 : 1));
    const { result, stop } = startRun(plan(), sender, 3, time);
    time.after(3000, stop);
    await time.runOut();
    const { measured, ended } = await result;
    expect(ended).toBe('interrupted');
    expect(measured.outcomes.ok).toBeGreaterThanOrEqual(200);
    expect(measured.outcomes.unfinished).toBeGreaterThanOrEqual(99);
    expect(measured.durationSeconds).toBeCloseTo(3, 1);
  });

  it('can be stopped while it waits for its last answers, which are unfinished then', async () => {
    const time = new VirtualTime();
    const sender = server(time, (now) => (now >= 9000 ? 60_000 : 1));
    const { result, stop } = startRun(plan(), sender, 3, time);
    time.after(12_000, stop);
    await time.runOut();
    const { measured, ended } = await result;
    expect(ended).toBe('interrupted');
    expect(measured.outcomes).toEqual({ ok: 900, unfinished: 100 });
    expect(measured.durationSeconds).toBe(10);
  });

  it('leaves the warm-up out', async () => {
    const time = new VirtualTime();
    const slowFirst = server(time, (now) => (now < 1999 ? 500 : 1));
    const { measured } = await run(time, slowFirst, { warmupSeconds: 2 });
    expect(measured.outcomes).toEqual({ ok: 1000 });
    expect(measured.durationSeconds).toBe(10);
    expect(measured.latencyMs!.max).toBeCloseTo(1, 2);
  });

  it('sends the same at the same times for the same seed', async () => {
    const sent = async (seed: number) => {
      const time = new VirtualTime();
      const log: [number, number][] = [];
      const recording: Sender = {
        connectionsOpened: 0,
        send: (request, done) => {
          log.push([request, time.now()]);
          time.after(1, () => done('ok'));
        },
        close: () => undefined,
      };
      await run(time, recording, { arrivals: 'poisson', seed });
      return log;
    };
    expect(await sent(1)).toEqual(await sent(1));
    expect(await sent(1)).not.toEqual(await sent(2));
  });
});

describe('arrivals', () => {
  const all = (next: () => number): number[] => {
    const times: number[] = [];
    for (let due = next(); due !== Infinity; due = next()) times.push(due);
    return times;
  };

  it('of a ramp follow its rate', () => {
    const times = all(arrivals([{ seconds: 10, from: 0, to: 100 }], 'constant', 1));
    expect(times).toHaveLength(500);
    // The integral of the rate is 5 t², so the k-th is due at √(k / 5).
    times.forEach((due, k) => expect(due).toBeCloseTo(1000 * Math.sqrt(k / 5), 6));
  });

  it('go on over several stages, idle ones too', () => {
    const stages = [
      { seconds: 1, from: 2, to: 2 },
      { seconds: 3, from: 0, to: 0 },
      { seconds: 1, from: 4, to: 4 },
    ];
    expect(all(arrivals(stages, 'constant', 1))).toEqual([0, 500, 4000, 4250, 4500, 4750]);
  });

  it('of a Poisson process have the mean, the variance and the gaps of one', () => {
    const times = all(arrivals([{ seconds: 200, from: 500, to: 500 }], 'poisson', 3));
    expect(Math.abs(times.length - 100_000)).toBeLessThan(4 * Math.sqrt(100_000));
    const perSecond = new Array<number>(200).fill(0);
    for (const due of times) perSecond[Math.floor(due / 1000)]!++;
    const variance = perSecond.reduce((sum, n) => sum + (n - 500) ** 2, 0) / 200;
    // The relative error of a variance of n values is √(2 / n).
    expect(Math.abs(variance / 500 - 1)).toBeLessThan(4 * Math.sqrt(2 / 200));
    const gaps = times.slice(1).map((due, i) => due - times[i]!);
    const longer = (ms: number) => gaps.filter((gap) => gap > ms).length / gaps.length;
    for (const ms of [1, 2, 5, 10]) expect(longer(ms)).toBeCloseTo(Math.exp(-ms / 2), 2);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  it('of a Poisson process are of its rate from the first on, whatever the seed', () => {
    const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
    const timesOf = (seed: number) => all(arrivals([{ seconds: 20, from: 1, to: 1 }], 'poisson', seed));
    const plans = seeds.map(timesOf);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Gaps of mean 1 s have a standard error of 1 / √1000 over the seeds; a count of mean 20, one of √(20 / 1000).
    for (const nth of [0, 1, 2])
      expect(
        Math.abs(mean(plans.map((times) => ((times[nth] ?? 20_000) - (times[nth - 1] ?? 0)) / 1000)) - 1),
      ).toBeLessThan(4 / Math.sqrt(1000));
    expect(Math.abs(mean(plans.map(({ length }) => length)) - 20)).toBeLessThan(4 * Math.sqrt(20 / 1000));
  });
});
