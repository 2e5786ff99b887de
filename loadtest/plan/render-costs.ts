/** The costs of serving, as text. */
import { machineLine } from '../../core/machine.js';
import { bytesText } from '../../core/report/units.js';
import { percentiles, sum } from '../../core/statistics.js';
import type { ServingCosts } from './costs.js';
import type { Pace } from './cores.js';
import { runTime } from './service-time.js';

export function renderCosts(costs: ServingCosts): string {
  const { worker, main, memory, texts } = costs;
  const ids = texts.map((text) => text.ids).sort((a, b) => a - b);
  const middle = ids[ids.length >> 1] ?? 0;
  const run = runTime(worker.runs);
  const most = costs.batching.rowByRow ? 1 : costs.batching.largestBatch;
  const line = (label: string, value: string) => `${label.padEnd(28)}${value}`;
  const ms = (value: number) => `${value.toPrecision(3)} ms`;
  return [
    line(`a run of ${middle} ids`, ms(run(1, middle))),
    ...(most === 1 ? [] : [line(`of ${most} such rows`, ms(run(most, middle)))]),
    line('tokenising a character', ms(worker.tokenizeMsPerCharacter)),
    line('worker, a batch beside that', ms(worker.batchMs)),
    line(
      'a run after a sleep',
      worker.wake.map(({ sleptMs, ms: longer }) => `+${ms(longer)} after ${sleptMs} ms`).join(', '),
    ),
    line('main thread, a request', ms(main.requestMs)),
    line('main thread, a batch', `${ms(main.batchMs)}, ${ms(main.handoverMs)} of it while the worker waits`),
    line('beside the server', ms(costs.wireMs)),
    line('load generator, a request', ms(costs.generatorMs)),
    line(
      'speed of a core',
      costs.speeds.map(({ busy, speed }) => `${speed.toFixed(2)} with ${busy} busy`).join(', '),
    ),
    line('slowest tenth of the time', `${slowTenth(costs.pace).toFixed(2)} as slow as on average`),
    line(
      'of the cores, others take',
      `${(100 * costs.interruptions.share).toFixed(1)} %, ${ms(mean(costs.interruptions.lengthsMs))} at once`,
    ),
    line('memory', `${bytesText(memory.serverBytes)} + ${bytesText(memory.workerBytes)} a worker`),
    `conditions  ${costs.bundle} ${costs.precision} on ${costs.provider}, ${texts.length} texts of ${ids[0] ?? 0} to ${ids.at(-1) ?? 0} ids`,
    `machine     ${machineLine(costs.machine)}`,
  ].join('\n');
}

function mean(values: readonly number[]): number {
  return sum(values) / Math.max(1, values.length);
}

function slowTenth({ factors }: Pace): number {
  return percentiles(factors, [90])[0] ?? 1;
}
