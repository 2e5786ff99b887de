/** The learning rate over a run. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { learningRateAt, type ScheduleSettings, schedules } from '../../training/schedule.js';

const settings = fc.record({
  learningRate: fc.double({ min: 1e-6, max: 10, noNaN: true }),
  schedule: fc.constantFrom(...schedules),
  warmup: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** A product and a quotient, in double precision. */
const rounding = 1e-15;

function rates(of: ScheduleSettings, steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => learningRateAt(of, step, steps));
}

test('rises over the warm-up, and is above zero and at most the highest at every step', () => {
  fc.assert(
    fc.property(settings, fc.integer({ min: 1, max: 300 }), (of, steps) => {
      const found = rates(of, steps);
      const rising = Math.floor(steps * of.warmup);
      const highest = of.learningRate * (1 + rounding);
      found.forEach((rate, step) => {
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(highest);
        if (step > 0 && step <= rising) expect(rate).toBeGreaterThan(found[step - 1]!);
        if (step > rising) expect(rate).toBeLessThanOrEqual(found[step - 1]! * (1 + rounding));
      });
      if (rising < steps) expect(Math.abs(found[rising]! / of.learningRate - 1)).toBeLessThan(rounding);
    }),
  );
});

test('linear falls by the same amount a step, and would be zero at the step after the last', () => {
  fc.assert(
    fc.property(settings, fc.integer({ min: 2, max: 300 }), (of, steps) => {
      const linear = { ...of, schedule: 'linear', warmup: of.warmup / 2 } as const;
      const rising = Math.floor(steps * linear.warmup);
      const fall = of.learningRate / (steps - rising);
      rates(linear, steps).forEach((rate, step) => {
        if (step >= rising) expect(rate).toBeCloseTo(of.learningRate - (step - rising) * fall, 9);
      });
      expect(learningRateAt(linear, steps, steps)).toBe(0);
    }),
  );
});

test('constant stays at the highest once it is there', () => {
  expect(rates({ learningRate: 1, schedule: 'constant', warmup: 0.5 }, 4)).toEqual([1 / 3, 2 / 3, 1, 1]);
  expect(rates({ learningRate: 1, schedule: 'linear', warmup: 0.5 }, 4)).toEqual([1 / 3, 2 / 3, 1, 0.5]);
  expect(rates({ learningRate: 1, schedule: 'linear', warmup: 0 }, 4)).toEqual([1, 0.75, 0.5, 0.25]);
});
