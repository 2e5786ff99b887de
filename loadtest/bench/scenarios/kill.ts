/** Workers that die under load: what fails, and how long until all are back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { childrenOf } from '../child.js';
import { changeUnderLoad } from './change-under-load.js';
import { failed, type Scenario } from './scenario.js';

const times = 5;
const pollMs = 10;
/** Until the server notices, and until it has given up. */
const [noticeMs, patienceMs] = [1000, 30_000];

export const kill: Scenario = {
  summary: `requests that fail when a worker is killed, and time until it is replaced, ${String(times)} times`,
  async run(stage) {
    const { served, onProgress } = stage;
    let all = 0;
    const { peak, rate, seconds, load } = await changeUnderLoad(stage, times, async (index) => {
      onProgress(`kill ${String(index + 1)}/${String(times)}`);
      // By now those have loaded that may come after the first.
      if (index === 0) all = await readyWorkers(served.target);
      const victims = await childrenOf(served.pid);
      const victim = victims[index % victims.length];
      if (victim === undefined) return;
      process.kill(victim, 'SIGKILL');
      const killed = performance.now();
      const since = () => performance.now() - killed;
      while ((await readyWorkers(served.target)) >= all && since() < noticeMs) await sleep(pollMs);
      while ((await readyWorkers(served.target)) < all && since() < patienceMs) await sleep(pollMs);
    });
    const failures = failed(load.outcomes);
    return {
      result: { peak, rate, recoveries: seconds, load, failures },
      lines: [
        `kills               ${String(seconds.length)} of ${String(all)} workers, replaced and warm after ${seconds.map((time) => time.toFixed(2)).join(', ')} s`,
        `requests            ${String(load.outcomes.ok ?? 0)} answered at ${rate.toFixed(0)} requests/s, half the peak of ${peak.goodput.toFixed(0)}; p99 ${(load.latencyMs?.p99 ?? NaN).toFixed(0)} ms`,
        `failed              ${String(failures.count)}${failures.count > 0 ? `: ${JSON.stringify(failures.by)}` : ''}`,
      ],
    };
  },
};

const modelsSchema = z.looseObject({ models: z.array(z.looseObject({ workers: z.number() })) });

async function readyWorkers(target: URL): Promise<number> {
  const answer = await fetch(new URL('/v1/models', target));
  const { models } = modelsSchema.parse(await answer.json());
  return models.reduce((sum, { workers }) => sum + workers, 0);
}
