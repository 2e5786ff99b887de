/** How a request ended. gRPC's codes are counted under the HTTP status that means the same. */
export type Outcome =
  | 'ok' // a 2xx answer
  | `${number}` // an answer of another status, such as 429 from a full queue
  | 'connection' // refused, reset, or closed before the answer was whole
  | 'timeout' // no answer within the client's limit
  | 'malformed' // an answer that is not of the protocol
  | 'dropped' // not sent: as many as allowed were in flight
  | 'unfinished'; // the run ended before the answer

/** Requests by how they ended; what did not happen is left out. */
export type Outcomes = Partial<Record<Outcome, number>>;

export function outcomeOfStatus(status: number): Outcome {
  return status >= 200 && status < 300 ? 'ok' : `${status}`;
}

export function count(outcomes: Outcomes, outcome: Outcome): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

/** All requests that were due. */
export function offered(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

/** Requests that did not get a 2xx answer. */
export function failures(outcomes: Outcomes): number {
  return offered(outcomes) - (outcomes.ok ?? 0);
}
