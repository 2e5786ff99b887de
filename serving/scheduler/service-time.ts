/** How long a queue takes to be served: what Retry-After, and the refusal of what would come too late, are computed from. */

/** Weight of the latest batch in the moving average. */
const latestWeight = 0.1;

export class ServiceTime {
  #rowMs = 0;

  /** @param workMs that one worker took for a batch of `rows` */
  served(rows: number, workMs: number): void {
    if (rows === 0) return;
    const latest = workMs / rows;
    this.#rowMs = this.#rowMs === 0 ? latest : this.#rowMs + latestWeight * (latest - this.#rowMs);
  }

  /** Until `rows` rows are served by `workers` workers, in milliseconds; 0 where none was served yet. */
  millisecondsFor(rows: number, workers: number): number {
    return (rows * this.#rowMs) / Math.max(1, workers);
  }
}

/** As Retry-After has it: whole seconds, 1 to 60. */
export function retryAfterSeconds(milliseconds: number): number {
  return Math.min(60, Math.max(1, Math.ceil(milliseconds / 1000)));
}
