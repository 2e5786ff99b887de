import { describe, expect, it } from '@jest/globals';
import type { Measurement, RunResult } from '../../loadtest/measurement.js';
import { parseStages } from '../../loadtest/open-loop/stages.js';
import { parseThreshold } from '../../loadtest/thresholds.js';
import { verdict } from '../../loadtest/verdict.js';

const measured: Measurement = {
  durationSeconds: 10,
  requestsPerSecond: 98,
  outcomes: { ok: 980, 429: 15, dropped: 5 },
  latencyMs: { mean: 11, p50: 10, p90: 20, p97_5: 30, p99: 40, p99_9: 50, max: 60 },
  latencyFromSendingMs: null,
  refusedLatencyMs: null,
  lagMs: { mean: 1, p50: 1, p90: 1, p97_5: 2, p99: 3, p99_9: 4, max: 5 },
  connectionsOpened: 3,
  generatorCores: 0.1,
  windows: [],
};
const run: RunResult = { measured, ended: 'complete' };

describe('a threshold', () => {
  it.each([
    ['p99>50ms', null],
    ['p99>39', '40.00 ms'],
    ['p97.5 > 0.03s', null],
    ['max>0.05s', '60.00 ms'],
    ['errors>1%', '2.00 %'],
    ['dropped>0.5%', null],
    ['throughput<100', '98.00 req/s'],
  ])('%s is crossed by %p', (written, value) => {
    expect(parseThreshold(written).crossedBy(measured)).toBe(value);
  });

  it('is crossed when nothing was measured', () => {
    expect(parseThreshold('p99>50ms').crossedBy({ ...measured, latencyMs: null })).not.toBeNull();
  });

  it.each(['p99', 'p98>5ms', 'p99>5%', 'errors>1ms', 'p99=>5', 'p99>-5ms', ''])('is not %j', (written) => {
    expect(() => parseThreshold(written)).toThrow(
      expect.objectContaining({ code: 'loadtest_threshold_invalid' }),
    );
  });
});

describe('the verdict', () => {
  const code = (result: RunResult, maxLagMs: number | null = 10, thresholds: string[] = []) =>
    verdict(result, { maxLagMs, thresholds: thresholds.map(parseThreshold) })?.code ?? null;

  it('is the first thing that is wrong', () => {
    expect(code(run)).toBeNull();
    expect(code(run, 10, ['p50>100ms', 'p99>30ms'])).toBe('loadtest_threshold_crossed');
    expect(code(run, 2, ['p99>30ms'])).toBe('loadtest_generator_late');
    expect(code(run, null)).toBeNull();
    expect(code({ ...run, ended: 'generator-late' })).toBe('loadtest_generator_late');
    expect(code({ ...run, ended: 'server-gone' })).toBe('loadtest_server_gone');
    const failed = { measured: { ...measured, outcomes: { connection: 9 } }, ended: 'server-gone' } as const;
    expect(code(failed)).toBe('loadtest_nothing_succeeded');
  });
});

describe('stages', () => {
  it('hold a rate or go from one to another', () => {
    expect(parseStages('10s:100, 1.5m:0-500')).toEqual([
      { seconds: 10, from: 100, to: 100 },
      { seconds: 90, from: 0, to: 500 },
    ]);
  });

  it.each(['', '10:100', '10s', '0s:5', '10s:100;20s:5', '5s:0', '5s:-1'])('are not %j', (given) => {
    expect(() => parseStages(given)).toThrow(expect.objectContaining({ code: 'loadtest_stages_invalid' }));
  });
});
