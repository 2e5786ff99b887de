/** How the machine's processor time was spent, by /proc/stat. */
import { readFile } from 'node:fs/promises';
import { ticksPerSecond } from '../../core/linux-ticks.js';

/** Milliseconds of all cores together, since the machine's start. */
export interface MachineTimes {
  /** In programs and for them, interrupts not counted. */
  readonly busyMs: number;
  /** When a core had work and the host of the virtual machine did not run it. */
  readonly stolenMs: number;
}

/** Null where the system does not say. */
export async function machineTimes(): Promise<MachineTimes | null> {
  return parseMachineTimes(await readFile('/proc/stat', 'utf8').catch(() => ''));
}

export function parseMachineTimes(stat: string): MachineTimes | null {
  // user nice system idle iowait irq softirq steal …
  const ticks = /^cpu +((?:\d+ ?){8})/m.exec(stat)?.[1]?.trim().split(' ').map(Number);
  if (ticks === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticks;
  const ms = 1000 / ticksPerSecond;
  return { busyMs: ms * (user + nice + system), stolenMs: ms * steal };
}
