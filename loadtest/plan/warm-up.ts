/**
 * Requests after which V8 has compiled what a server's main thread and a load generator run. Until then a request costs
 * either up to twice as much, which is no part of what a plan is about: servers that run for hours.
 */
export const warmRequests = 8000;

/** Of a load at a rate, at least a second. */
export function warmupSecondsAt(rate: number): number {
  return Math.max(1, warmRequests / rate);
}
