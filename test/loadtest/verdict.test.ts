/** What fails a run: a generator that was late, a server that never succeeded or went away, a threshold. */
import { describe, expect, it } from '@jest/globals';
import { LatencyHistogram } from '../../loadtest/latency-histogram.js';
import type { Measurement, RunResult } from '../../loadtest/measurement.js';
import { verdict } from '../../loadtest/verdict.js';

function summary(ms: number) {
  const histogram = new LatencyHistogram();
  histogram.record(ms);
  return histogram.summary();
}

const run = (ended: RunResult['ended'], measured: Partial<Measurement> = {}): RunResult => ({
  ended,
  measured: {
    durationSeconds: 2,
    outcomes: { ok: 200 },
    latencyMs: summary(20),
    latencyFromSendingMs: summary(19),
    refusedLatencyMs: null,
    lagMs: summary(1),
    requestsPerSecond: 100,
    connectionsOpened: 1,
    generatorCores: 0.1,
    windows: [],
    ...measured,
  },
});
const limits = { maxLagMs: 10, thresholds: [] };

describe('a run', () => {
  it('that kept everything passes', () => {
    expect(verdict(run('complete'), limits)).toBeNull();
    expect(verdict(run('interrupted', { outcomes: {} }), limits)).toBeNull();
  });

  it('fails when its generator was later than is allowed, whatever the server did', () => {
    const late = verdict(run('complete', { lagMs: summary(40) }), limits);
    expect(late).toMatchObject({ code: 'loadtest_generator_late' });
    expect(late?.message).toContain('100');
    const hopeless = verdict(run('generator-late', { lagMs: null }), limits);
    expect(hopeless?.message).toContain('more than a second');
    // A closed loop has no times at which requests are due.
    expect(verdict(run('complete', { lagMs: null }), { ...limits, maxLagMs: null })).toBeNull();
  });

  it('in which no request was due, or none of a closed loop was answered, says so', () => {
    const nothing = run('complete', { outcomes: {}, latencyMs: null, lagMs: null });
    expect(verdict(nothing, limits)).toMatchObject({
      code: 'loadtest_nothing_measured',
      message: expect.stringContaining('was due'),
    });
    expect(verdict(nothing, { ...limits, maxLagMs: null })?.message).toContain('was answered');
  });

  it('fails when nothing succeeded, the server went away, or a threshold is crossed', () => {
    expect(verdict(run('complete', { outcomes: { '503': 9 } }), limits)?.code).toBe(
      'loadtest_nothing_succeeded',
    );
    expect(verdict(run('server-gone', { outcomes: {} }), limits)?.code).toBe('loadtest_server_gone');
    expect(verdict(run('server-gone'), limits)?.code).toBe('loadtest_server_gone');
    const crossed = { written: 'p99>5ms', crossedBy: () => '20 ms' };
    const failure = verdict(run('complete'), { ...limits, thresholds: [crossed] });
    expect(failure).toMatchObject({ code: 'loadtest_threshold_crossed' });
    expect(failure?.message).toContain('p99>5ms');
  });
});
