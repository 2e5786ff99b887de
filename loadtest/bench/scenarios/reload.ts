/** A model loaded anew, over and over, under load. */
import { median } from '../../../core/statistics.js';
import { fail } from '../../../core/errors.js';
import { changeUnderLoad } from './change-under-load.js';
import { failed, mebibytes, type Scenario } from './scenario.js';

const times = 50;

export const reload: Scenario = {
  summary: `requests that fail while the model is loaded anew ${String(times)} times`,
  async run(stage) {
    const { served, model, onProgress } = stage;
    const route = new URL(`/v2/repository/models/${encodeURIComponent(model)}/load`, served.target);
    const before = await served.residentBytes();
    const { peak, rate, seconds, load } = await changeUnderLoad(stage, times, async (index) => {
      onProgress(`reload ${String(index + 1)}/${String(times)}`);
      const answer = await fetch(route, { method: 'POST', signal: AbortSignal.timeout(120_000) });
      if (!answer.ok)
        throw fail('bench_server_failed', { command: route.pathname, reason: await answer.text() });
    });
    const after = await served.residentBytes();
    const failures = failed(load.outcomes);
    return {
      result: { peak, rate, reloads: seconds, load, failures, residentBytes: { before, after } },
      lines: [
        `reloads             ${String(seconds.length)}, each ${median(seconds).toFixed(2)} s in the median, ${Math.max(...seconds).toFixed(2)} s at most`,
        `requests            ${String(load.outcomes.ok ?? 0)} answered at ${rate.toFixed(0)} requests/s, half the peak of ${peak.goodput.toFixed(0)}; p99 ${(load.latencyMs?.p99 ?? NaN).toFixed(0)} ms`,
        `failed              ${String(failures.count)}${failures.count > 0 ? `: ${JSON.stringify(failures.by)}` : ''}`,
        `resident memory     ${mebibytes(before)} before, ${mebibytes(after)} after`,
      ],
    };
  },
};
