import { describe, expect, it } from '@jest/globals';
import { schemesComputingInFp32 } from '../../../core/bundle/precisions.js';
import { fail } from '../../../core/errors.js';
import { describeMachine } from '../../../core/machine.js';
import { schemes } from '../../../export/quantize/schemes.js';
import { compare, type CompareOptions } from '../../../serving/comparison/compare.js';
import type { Engine } from '../../../serving/comparison/engine.js';
import {
  type BundleComparison,
  type Comparison,
  comparisonSchema,
  disagreements,
  unstableCells,
} from '../../../serving/comparison/result.js';
import { comparisonMarkdown } from '../../../serving/comparison/markdown.js';
import { comparisonPage } from '../../../serving/comparison/page.js';
import { renderComparison } from '../../../serving/comparison/terminal.js';
import { steadyClock, stubBundle, stubEngine } from './stub-engine.js';

const options = (
  engines: CompareOptions['engines'],
  given: Partial<CompareOptions> = {},
): CompareOptions => ({
  engines,
  cells: [{ kind: 'grid', batch: 2, length: null }],
  texts: null,
  runs: 6,
  seedRuns: 4,
  cellSeconds: 60,
  threads: 1,
  seed: 3,
  tolerance: 1e-3,
  int8Tolerance: 0.5,
  profile: false,
  now: steadyClock(),
  ...given,
});

function comparisonOf(...bundles: BundleComparison[]): Comparison {
  return {
    format: 3,
    measuredAt: '2026-01-01T00:00:00.000Z',
    command: 'retort compare tiny',
    threads: 1,
    affinity: '0-3',
    seed: 3,
    bundles,
    agree: true,
    stable: true,
    machine: describeMachine(),
  };
}

describe('a comparison', () => {
  it('runs every engine equally often, interleaved, and closes all', async () => {
    const log: string[] = [];
    const result = await compare(stubBundle(), options([stubEngine('a', { log }), stubEngine('b', { log })]));
    const timed = log.slice(log.lastIndexOf('a closed') - 24, -2);
    expect(timed.filter((name) => name === 'a')).toHaveLength(12);
    for (let i = 0; i < timed.length; i += 2) expect(new Set(timed.slice(i, i + 2)).size).toBe(2);
    expect(log.slice(-2)).toEqual(['a closed', 'b closed']);
    expect(result.cells[0]).toMatchObject({
      batch: 2,
      length: null,
      texts: 3,
      words: 6,
      runs: 6,
      measurements: 1,
      stable: true,
    });
    const [a, b] = result.cells[0]!.timings;
    expect(a).toMatchObject({
      label: 'a fp32',
      medianMs: 1,
      p99Ms: 1,
      totalMs: 12,
      factor: null,
      maxLogitDifference: 0,
      labelFlips: 0,
    });
    expect(b).toMatchObject({ factor: { estimate: 1, interval: [1, 1] }, windowMediansMs: [1, 1, 1] });
    const whole = comparisonOf(result);
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(disagreements(whole)).toEqual([]);
  });

  it('orders alike for the same seed', async () => {
    const logs = [[], []] as string[][];
    for (const log of logs)
      await compare(stubBundle(), options([stubEngine('a', { log }), stubEngine('b', { log })]));
    expect(logs[0]).toEqual(logs[1]);
  });

  it('has the cells of its grid, in rows of exactly so many tokens', async () => {
    const cells = [1, 3].flatMap((batch) =>
      [1, 4].map((length) => ({ kind: 'grid' as const, batch, length })),
    );
    const result = await compare(stubBundle(), options([stubEngine('a')], { cells }));
    expect(result.cells.map(({ texts, words }) => [texts, words])).toEqual([
      [1, 1],
      [1, 4],
      [3, 3],
      [3, 12],
    ]);
  });

  it('of the seed is one sentence as often as asked, added up, whether or not it is stable', async () => {
    const result = await compare(
      stubBundle(),
      options([stubEngine('a')], { cells: [{ kind: 'seed', batch: 1, length: null }] }),
    );
    expect(result.cells[0]).toMatchObject({ kind: 'seed', texts: 1, words: 3, runs: 4, stable: null });
    expect(result.cells[0]!.timings[0]).toMatchObject({ totalMs: 4 });
    expect(renderComparison(comparisonOf(result))).toContain('one sentence of 3 tokens, batch 1, 4 runs');
  });

  it('measures a cell anew while its windows disagree, and says how often', async () => {
    /** Runs of one measurement that never settles: warm-up of 21 passes over two batches, twelve windows of two rounds. */
    const runsUnstable = 21 * 2 + 12 * 4;
    const drifting = (until: number) => {
      let [time, run] = [0, 0];
      const tamper = (logits: number[]) => {
        time += run < until ? 10 * 1.02 ** run : 7;
        run += 1;
        return logits;
      };
      return compare(stubBundle(), options([stubEngine('a', { tamper })], { now: () => time }));
    };
    const settled = await drifting(runsUnstable);
    expect(settled.cells[0]).toMatchObject({ measurements: 2, stable: true, runs: 6 });
    expect(settled.cells[0]!.timings[0]).toMatchObject({ medianMs: 7, windowSpread: 0 });
    const never = comparisonOf(await drifting(Infinity));
    expect(never.bundles[0]!.cells[0]).toMatchObject({ measurements: 3, stable: false });
    expect(unstableCells(never)).toHaveLength(1);
    for (const render of [renderComparison, comparisonMarkdown, comparisonPage])
      expect(render(never)).toContain('measured 3 times, the last one kept');
  });

  it('takes stored graphs in every precision, and holds int8 to a tolerance of its own', async () => {
    const off = (by: number) => (logits: number[], precision: string) =>
      logits.map((logit) => (precision === 'int8' ? logit + by : logit));
    const bundle = stubBundle([{ precision: 'int8' }, { precision: 'fp32' }]);
    const run = (by: number) =>
      compare(bundle, options([stubEngine('s', { computes: 'stored', tamper: off(by) }), stubEngine('e')]));
    const result = await run(0.25);
    expect(result.engines.map(({ label }) => label)).toEqual(['s fp32', 's int8', 'e fp32']);
    expect(disagreements(comparisonOf(result))).toEqual([]);
    expect(disagreements(comparisonOf(await run(0.75)))).toEqual(['tiny s int8 is off by 7.5e-1, over 0.5']);
  });

  it.each([
    ['fp16-stored', 'fp16', 1e-3],
    ['int8-stored', 'int8', 1e-3],
    [undefined, 'int8', 1e-3],
    [undefined, 'fp32', 1e-3],
    ['int8-calibrated', 'int8', 0.5],
    ['fp16', 'fp16', 0.5],
  ])(
    'beside a reference of scheme %s, %s, holds an interpreter to %d',
    async (scheme, precision, allowed) => {
      const bundle = stubBundle([{ precision, ...(scheme === undefined ? {} : { scheme }) }]);
      const engines = [stubEngine('s', { computes: 'stored' }), stubEngine('e')] as const;
      const result = await compare(bundle, options(engines));
      expect(result.engines).toMatchObject([{ tolerance: 1e-3 }, { name: 'e', tolerance: allowed }]);
    },
  );

  it('knows which schemes compute in fp32', () => {
    const found = schemes.filter(({ computesIn }) => computesIn === 'fp32').map(({ name }) => name);
    expect([...schemesComputingInFp32].sort()).toEqual(found.sort());
  });

  it('allows another variant more, though both compute in fp32: its weights were rounded', async () => {
    const bundle = stubBundle([{ precision: 'fp32' }, { precision: 'int8', scheme: 'int8-stored' }]);
    const engines = [
      stubEngine('s', { computes: 'stored' }),
      stubEngine('t', { computes: 'stored' }),
    ] as const;
    const result = await compare(bundle, options(engines));
    expect(result.engines).toMatchObject([1e-3, 0.5, 1e-3, 0.5].map((tolerance) => ({ tolerance })));
  });

  it('fails an engine whose logits are off', async () => {
    const off = stubEngine('off', {
      tamper: (logits) => logits.map((value, i) => (i === 1 ? value + 0.01 : value)),
    });
    const result = comparisonOf(await compare(stubBundle(), options([stubEngine('static'), off])));
    expect(disagreements(result)).toEqual([expect.stringMatching(/^tiny off fp32 is off by 1\.0e-2/)]);
    expect(renderComparison(result)).toContain('DISAGREES  tiny off');
  });

  it('counts flipped labels', async () => {
    const swapped = stubEngine('swapped', { tamper: (logits) => logits.map((_, i) => logits[i ^ 1]!) });
    const result = await compare(stubBundle(), options([stubEngine('static'), swapped]));
    expect(result.cells[0]!.timings[1]).toMatchObject({ labelFlips: 3, maxLogitDifference: 6.5 });
  });

  it.each([
    ['a logit is not a number', (logits: number[]) => logits.map(() => NaN)],
    ['logits are missing', (logits: number[]) => logits.slice(1)],
  ])('fails an engine when %s', async (_, tamper) => {
    const result = await compare(
      stubBundle(),
      options([stubEngine('static'), stubEngine('broken', { tamper })]),
    );
    expect(result.cells[0]!.timings[1]).toMatchObject({ maxLogitDifference: null });
    expect(disagreements(comparisonOf(result))).toEqual([expect.stringContaining('not a number')]);
  });

  it('says why an engine is left out, and goes on', async () => {
    const absent: Engine = {
      ...stubEngine('absent'),
      prepare: () => Promise.reject(fail('tfjs_native_missing', { reason: 'some-package: not found' })),
    };
    const result = await compare(stubBundle(), options([stubEngine('static'), absent]));
    expect(result.engines[1]).toMatchObject({ name: 'absent', status: 'absent' });
    for (const render of [renderComparison, comparisonMarkdown, comparisonPage])
      expect(render(comparisonOf(result))).toContain('some-package');
    await expect(compare(stubBundle(), options([absent]))).rejects.toMatchObject({
      code: 'tfjs_native_missing',
    });
  });

  it('closes what it opened when an engine breaks', async () => {
    const log: string[] = [];
    const broken = stubEngine('broken', {
      log,
      tamper: () => {
        throw new Error('broken');
      },
    });
    await expect(compare(stubBundle(), options([stubEngine('a', { log }), broken]))).rejects.toThrow(
      'broken',
    );
    expect(log.filter((line) => line.endsWith('closed')).sort()).toEqual(['a closed', 'broken closed']);
  });
});

describe('a report', () => {
  const whole = async () => {
    const cells: CompareOptions['cells'] = [
      { kind: 'grid', batch: 1, length: 4 },
      { kind: 'grid', batch: 1, length: 5 },
      { kind: 'seed', batch: 1, length: null },
    ];
    const result = await compare(stubBundle(), options([stubEngine('a'), stubEngine('b')], { cells }));
    const part = { totalMs: 4, kernelMs: 2, dispatchMs: 1.5, copiesMs: 0.5 };
    const ops = [{ op: 'LSTM', milliseconds: 2, count: 1 }];
    const engines = ['a fp32', 'b fp32'].map((label) => ({ label, ...part, ops }));
    const profile = { text: '<b>很|好', tokens: 3, tokenisationMs: 0.25, engines };
    return comparisonOf({
      ...result,
      cells: [{ ...result.cells[0]!, stable: false }, ...result.cells.slice(1)],
      profile,
    });
  };

  it('on a page asks for nothing, escapes texts and marks what is no result', async () => {
    const page = comparisonPage(await whole());
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(page).not.toContain('<b>');
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(5);
    expect(page).toContain('No result, windows disagree: tiny, batch 1, 4 tokens');
  });

  it('on a page draws no cell that is no result, and says so', async () => {
    const page = comparisonPage(await whole());
    const drawn = page.match(/<svg[\s\S]*?<\/svg>/g)!.join('');
    expect(drawn).toContain('batch 1, 5 tokens');
    expect(drawn).not.toContain('batch 1, 4 tokens');
    expect(page).toContain('Not drawn, since they are no result: batch 1, 4 tokens.');
  });

  it('on a page says of logits no more than that they are accepted, and of windows only where there are any', async () => {
    const summary = async (...cells: CompareOptions['cells']) =>
      comparisonPage(comparisonOf(await compare(stubBundle(), options([stubEngine('a')], { cells }))));
    const seed = await summary({ kind: 'seed', batch: 1, length: null });
    expect(seed).toContain('than is accepted.');
    expect(seed).not.toContain('windows agree');
    expect(await summary({ kind: 'grid', batch: 1, length: 4 })).toContain(
      'accepted, and all windows agree.',
    );
  });

  it('in Markdown has whole tables, whatever the text', async () => {
    const lines = comparisonMarkdown(await whole())
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const columns = (line: string) => line.replaceAll('\\|', '').split('|').length;
    expect(new Set(lines.map(columns))).toEqual(new Set([10, 7, 9]));
  });

  it('names the cells that are no result', async () => {
    expect(unstableCells(await whole())).toEqual(['tiny, batch 1, 4 tokens (a fp32: 0 %)']);
  });
});
