/** Stages as people write them: `10s:100` holds 100 requests/s for ten seconds, `1m:100-500` goes from 100 to 500. */
import { fail } from '../../core/errors.js';
import type { Stage } from './arrivals.js';

const stagePattern = /^(\d+(?:\.\d+)?)(s|m):(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/;

/** @throws RetortError loadtest_stages_invalid */
export function parseStages(given: string): Stage[] {
  const stages = given.split(',').map((written) => {
    const [, length = '', unit, from = '', to = from] = stagePattern.exec(written.trim()) ?? [];
    const seconds = Number(length) * (unit === 'm' ? 60 : 1);
    if (unit === undefined || seconds === 0)
      throw fail('loadtest_stages_invalid', {
        stages: given,
        reason: `${JSON.stringify(written)} is no stage`,
      });
    return { seconds, from: Number(from), to: Number(to) };
  });
  if (stages.every(({ from, to }) => from === 0 && to === 0))
    throw fail('loadtest_stages_invalid', { stages: given, reason: 'no stage has a rate' });
  return stages;
}

export function renderStages(stages: readonly Stage[]): string {
  return stages
    .map(({ seconds, from, to }) => `${seconds} s at ${from === to ? from : `${from} to ${to}`} req/s`)
    .join(', ');
}
