/** Changes of one name follow each other; once they are stopped, none is begun. */
import { fail } from '../../core/errors.js';

export class Turns {
  readonly #stopped: AbortSignal;
  /** The latest change of each name, whatever became of it. */
  readonly #latest = new Map<string, Promise<unknown>>();

  constructor(stopped: AbortSignal) {
    this.#stopped = stopped;
  }

  /** @throws RetortError server_draining, and what the change throws */
  take<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#latest.get(name) ?? Promise.resolve();
    const after = before.then(() => {
      if (this.#stopped.aborted) throw fail('server_draining', {});
      return change();
    });
    this.#latest.set(
      name,
      after.catch(() => undefined),
    );
    return after;
  }

  /** When the changes of now are made, or have failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#latest.values());
  }
}
