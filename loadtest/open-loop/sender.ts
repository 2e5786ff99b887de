/** What sends the requests of an open loop, whatever the protocol. */
import type { Outcome } from '../outcome.js';

export interface Sender {
  /** Sends the request of this place in the plan; `done` is called once, later. */
  send(request: number, done: (outcome: Outcome) => void): void;
  readonly connectionsOpened: number;
  close(): void;
}
