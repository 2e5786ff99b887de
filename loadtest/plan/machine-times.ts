/** How long the machine's cores had work, by /proc/stat. */
import { readFile } from 'node:fs/promises';
import { ticksPerSecond } from '../../core/linux-times.js';

/** Since the machine's start. */
export interface MachineTimes {
  readonly cores: number;
  /** Milliseconds of all cores together. Linux measures them; what cores were busy with it only samples. */
  readonly idleMs: number;
  /** In interrupts, most of them for the packets of who is served. */
  readonly interruptsMs: number;
}

/** Null where the system does not say. */
export async function machineTimes(): Promise<MachineTimes | null> {
  return parseMachineTimes(await readFile('/proc/stat', 'utf8').catch(() => ''));
}

export function parseMachineTimes(stat: string): MachineTimes | null {
  // user nice system idle iowait irq softirq …
  const ticks = /^cpu +((?:\d+ ?){7})/m.exec(stat)?.[1]?.trim().split(' ').map(Number);
  if (ticks === undefined) return null;
  const [, , , idle = 0, waiting = 0, hard = 0, soft = 0] = ticks;
  const ms = 1000 / ticksPerSecond;
  const cores = [...stat.matchAll(/^cpu\d+ /gm)].length;
  return { cores, idleMs: ms * (idle + waiting), interruptsMs: ms * (hard + soft) };
}
