import { describe, expect, it } from '@jest/globals';
import { capacityOf, capacitySchema, renderCapacity } from '../../../loadtest/capacity/report.js';
import { searchCapacity, type Trial } from '../../../loadtest/capacity/search.js';
import { capacityPage } from '../../../loadtest/html/capacity-page.js';
import { capacityReport } from '../plan/costs-fixture.js';

/** A server that keeps its bound up to a rate, and never beyond. */
const upTo =
  (capacity: number, queries = 1000) =>
  async (rate: number): Promise<Trial> => ({
    rate,
    queries,
    slow: rate <= capacity ? 0 : queries / 2,
    p99Ms: 1,
  });

const options = { start: 20, step: 2, precision: 0.05, onTrial: () => undefined };

describe('the search for a capacity', () => {
  it.each([0.7, 3, 20, 137, 4000])('finds %d requests a second to its precision', async (capacity) => {
    const { rate, trials } = await searchCapacity({ ...options, load: upTo(capacity) });
    expect(rate!).toBeLessThanOrEqual(capacity);
    expect(rate!).toBeGreaterThan(capacity / 1.05);
    expect(trials.length).toBeLessThan(20);
  });

  it('finds none where every rate is broken', async () => {
    expect((await searchCapacity({ ...options, load: upTo(0) })).rate).toBeNull();
  });

  it('counts the queries of several loads together before it leaves a rate', async () => {
    const rates: number[] = [];
    const load = async (rate: number) => {
      rates.push(rate);
      return upTo(30, 200)(rate);
    };
    const { trials } = await searchCapacity({ ...options, load });
    expect(rates.slice(0, 3)).toEqual([20, 20, 20]);
    expect(trials[0]).toMatchObject({ rate: 20, queries: 600, claim: 'kept' });
  });

  it('has the interval of the median that its repetitions allow', () => {
    expect(capacityOf([110, 100, 105, 90, 95])).toEqual({
      median: 100,
      low: 90,
      high: 110,
      confidence: 0.9375,
    });
    expect(capacityOf([100, null])).toBeNull();
    expect(capacityOf([])).toBeNull();
  });

  it('reports every search, the interval, and when a claim is allowed', async () => {
    const found = [await searchCapacity({ ...options, load: upTo(30) })];
    found.push(await searchCapacity({ ...options, load: upTo(40) }));
    const searches = found.map(({ rate, trials }) => ({ rate, trials: [...trials] }));
    const capacity = capacityOf(searches.map(({ rate }) => rate))!;
    const report = capacitySchema.parse({ ...capacityReport(), searches, capacity });
    const interval = `[${capacity.low.toFixed(1)}, ${capacity.high.toFixed(1)}]`;
    for (const text of [renderCapacity(report), capacityPage(report)]) {
      expect(text).toContain(interval);
      expect(text).toContain('interval of the median: 50.0 %');
      expect(text).toContain('at least 459 queries');
      for (const { rate } of searches) expect(text).toContain(rate!.toFixed(1));
    }
  });

  it('that was cut short reports what it tried until then, and how it ended', async () => {
    const { trials } = await searchCapacity({ ...options, load: upTo(30) });
    const report = capacitySchema.parse({
      ...capacityReport(),
      searches: [],
      unfinished: [...trials],
      capacity: null,
      ended: 'server-gone',
    });
    for (const text of [renderCapacity(report), capacityPage(report)]) {
      expect(text).toContain('none: the server took no connections any more before a search was done');
      expect(text).toContain('what was found until then');
    }
    expect(renderCapacity(report)).toContain(`a search of ${trials.length} rates`);
    expect(capacityPage(report)).toContain(`<td>${trials[0]!.queries}</td>`);
    const { unfinished: _, ...older } = capacityReport();
    expect(capacitySchema.parse(older).unfinished).toEqual([]);
  });
});
