/** What both edges work with beside the models. */
import type { ApiKeys } from './access/api-keys.js';
import type { ServingContext } from './inference/context.js';
import type { Observer } from './observe/observer.js';

export interface EdgeContext {
  readonly serving: ServingContext;
  readonly observer: Observer;
  /** Null where the server is open to all. */
  readonly keys: ApiKeys | null;
}
