/** Processor times as Linux gives them below /proc. */

/** USER_HZ, the unit of processor time in /proc/stat and /proc/PID/stat, which is 100 on every Linux that Node runs on. */
export const ticksPerSecond = 100;

/** Ticks that a process has had, in user and in kernel mode, by its /proc/PID/stat; null where that says nothing. */
export function processTicks(stat: string): number | null {
  // After the name, which may hold spaces: the state, ten fields, then time in user and in kernel mode.
  const ticks = /\) \S(?: \S+){10} (\d+) (\d+)/.exec(stat);
  return ticks === null ? null : Number(ticks[1]) + Number(ticks[2]);
}
