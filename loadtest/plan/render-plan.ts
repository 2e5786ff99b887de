/** A plan, and a check of the predictions, as text. */
import Table from 'cli-table3';
import { machineLine } from '../../core/machine.js';
import { bytesText } from '../../core/report/units.js';
import type { Checked } from './check.js';
import type { ServingCosts } from './costs.js';
import type { Plan, PlanOption } from './plan.js';

const plain = { head: [], border: [] };

export const planHead = [
  'cores a replica',
  'workers',
  'texts/s a replica',
  'p50, ms',
  'p99, ms',
  'main thread busy',
  'rows a batch',
  'replicas',
  'cores',
  'memory',
];

export function planRow({ replica, replicas, cores, memoryBytes }: PlanOption): string[] {
  return [
    String(replica.cores),
    String(replica.workers),
    replica.capacity.toFixed(0),
    replica.p50Ms.toFixed(1),
    replica.p99Ms.toFixed(1),
    percent(replica.mainBusy),
    replica.rowsPerBatch.toFixed(1),
    String(replicas),
    String(cores),
    bytesText(memoryBytes),
  ];
}

/** What the figures hold for. */
export function planConditions(costs: ServingCosts, { requestsEach, seed }: Plan): string {
  return (
    `${costs.bundle} ${costs.precision}, ${costs.texts.length} measured lengths in rotation, Poisson arrivals of one text a ` +
    `request, ${requestsEach} simulated requests a rate (seed ${seed}); costs measured ${costs.startedAt} on ${machineLine(costs.machine)}`
  );
}

/** The first option, in words. */
export function planSentence({ options: [best], rate, p99BoundMs, spare }: Plan): string {
  if (best === undefined) return '';
  const spared = spare === 0 ? '' : `, ${spare} of them spare`;
  return (
    `${rate} texts/s within a p99 of ${p99BoundMs} ms: ${best.replicas} replica${best.replicas === 1 ? '' : 's'} of ` +
    `${best.replica.cores} core${best.replica.cores === 1 ? '' : 's'} and ${bytesText(best.replica.memoryBytes)}${spared}`
  );
}

export function renderPlan(plan: Plan, costs: ServingCosts): string {
  const table = new Table({ head: planHead, style: plain });
  table.push(...plan.options.map(planRow));
  return `${planSentence(plan)}\n${table.toString()}\nconditions  ${planConditions(costs, plan)}`;
}

export function renderChecks(checks: readonly Checked[]): string {
  const table = new Table({
    head: ['report', 'figure', 'predicted', 'measured', 'error', 'allowed'],
    style: plain,
  });
  for (const { file, what, unit, predicted, measured, error, allowed } of checks) {
    table.push([
      file,
      what,
      `${predicted.toFixed(1)} ${unit}`,
      `${measured.toFixed(1)} ${unit}`,
      signedPercent(error),
      allowed === null ? '' : percent(allowed),
    ]);
  }
  return table.toString();
}

export function signedPercent(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
