/** Every scenario of the serving benchmark beside throughput: adding one is a file and a line. */
import { kill } from './kill.js';
import { latency } from './latency.js';
import { overload } from './overload.js';
import { reload } from './reload.js';
import type { Scenario } from './scenario.js';

export const scenarios = { latency, overload, reload, kill } as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
