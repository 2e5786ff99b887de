import { describe, expect, it } from '@jest/globals';
import { difference, parseStages, stagePercentile } from '../../loadtest/server-stages.js';
import { Metrics } from '../../serving/metrics.js';

async function scrape(metrics: Metrics) {
  return parseStages(await metrics.registry.metrics());
}

describe("the server's histograms", () => {
  it('are read from what the server writes', async () => {
    const metrics = new Metrics(() => []);
    for (const ms of [0.3, 3, 3, 700]) metrics.stage('infer', ms);
    const infer = (await scrape(metrics)).find(({ stage }) => stage === 'infer');
    expect(infer).toMatchObject({ stage: 'infer', count: 4 });
    expect(infer!.sumMs).toBeCloseTo(706.3, 6);
    expect(infer!.buckets.filter(({ count }) => count > 0)).toEqual([
      { upToMs: 0.5, count: 1 },
      { upToMs: 5, count: 2 },
      { upToMs: 1000, count: 1 },
    ]);
  });

  it('are those of the time between two readings', async () => {
    const metrics = new Metrics(() => []);
    metrics.stage('queue', 9000);
    const before = await scrape(metrics);
    for (let i = 0; i < 100; i++) metrics.stage('queue', 1.5);
    metrics.stage('total', 2);
    const between = difference(before, await scrape(metrics))!;
    expect(between.map(({ stage, count }) => [stage, count])).toEqual([
      ['queue', 100],
      ['total', 1],
    ]);
    // The median of values that lie evenly in the bucket from 1 to 2.5.
    expect(stagePercentile(between[0]!, 50)).toBeCloseTo(1.75, 6);
  });

  it('have the delay of its event loop beside the stages', async () => {
    const metrics = new Metrics(() => []);
    metrics.stage('total', 2);
    const before = await scrape(metrics);
    for (const ms of [0.1, 0.1, 20]) metrics.process.eventLoopDelay.observe(ms / 1000);
    expect(difference(before, await scrape(metrics))).toMatchObject([
      { stage: 'event_loop_delay', count: 3 },
    ]);
  });

  it('are none of a server that was started anew, or has none', async () => {
    const metrics = new Metrics(() => []);
    metrics.stage('total', 1);
    expect(difference(await scrape(metrics), parseStages('up 1\n'))).toEqual([]);
    metrics.stage('total', 1);
    expect(difference(await scrape(metrics), await scrape(new Metrics(() => [])))).toEqual([]);
    expect(difference(null, await scrape(metrics))).toBeNull();
  });
});
