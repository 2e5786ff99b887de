/** USER_HZ, the unit of processor time in /proc/stat and /proc/PID/stat, which is 100 on every Linux that Node runs on. */
export const ticksPerSecond = 100;
