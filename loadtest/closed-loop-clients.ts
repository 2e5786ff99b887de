/** What can drive a closed loop: adding one is an entry in this list. */
import { type ClosedLoopOptions, runClosedLoop } from './closed-loop.js';
import type { RunResult } from './measurement.js';

export const closedLoopClients = {
  retort: runClosedLoop,
  autocannon: async (options) => (await import('./autocannon-loop.js')).runAutocannonLoop(options),
} as const satisfies Record<string, (options: ClosedLoopOptions) => Promise<RunResult>>;

export type ClosedLoopClient = keyof typeof closedLoopClients;

export const closedLoopClientNames = Object.keys(closedLoopClients) as ClosedLoopClient[];
