import { expect, test } from '@jest/globals';
import { decodeModel } from '../../../core/graph/onnx.js';
import { caseOfFullRows } from '../../../export/optimize/validate/cases.js';
import { planInputs } from '../../../export/optimize/validate/input-kinds.js';
import { latencies } from '../../../export/report/latency.js';
import { smallEncoder } from '../../fixtures/small-models.js';

test('two graphs are timed by turns, as often as the time allows; a case that does not run is left out', async () => {
  const bytes = smallEncoder();
  const plans = planInputs(decodeModel(bytes).graph, {});
  // A clock that goes on by 1 ms whenever it is read: every run takes 1 ms.
  let clock = 0;
  const now = () => (clock += 1);
  const [fits, tooLong] = [caseOfFullRows(plans, 1, 4), caseOfFullRows(plans, 1, 9)];
  const [found, ...others] = await latencies(bytes, bytes, [fits, tooLong], {
    threads: 1,
    budgetMs: 40,
    now,
  });
  expect(others).toEqual([]);
  const one = { estimate: 1, interval: [1, 1] };
  expect(found).toEqual({ case: '1 row of 4', runs: 20, before: one, after: one, ratio: one });
});
