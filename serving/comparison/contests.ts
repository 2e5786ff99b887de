/** The bundles that samples are of, open for both engines: a few, since each holds a network's weights twice. */
import type { Batch, PreparedEngine } from './engine.js';
import { type ComparedBundle, keyOf } from './sampler-protocol.js';

export interface Contest {
  /** Static, eager. */
  readonly engines: readonly [PreparedEngine, PreparedEngine];
  readonly batch: (text: string) => Batch;
}

const mostOpen = 2;

export class Contests {
  readonly #prepare: (folder: string) => Promise<Contest>;
  /** The least recently used first. */
  readonly #open = new Map<string, Contest>();

  constructor(prepare: (folder: string) => Promise<Contest>) {
    this.#prepare = prepare;
  }

  /** One call at a time; what it gave before may then be closed. */
  async of(bundle: ComparedBundle): Promise<Contest> {
    const key = keyOf(bundle);
    let contest = this.#open.get(key);
    if (contest === undefined) {
      await this.#makeRoom();
      contest = await this.#prepare(bundle.folder);
    }
    this.#open.delete(key);
    this.#open.set(key, contest);
    return contest;
  }

  async #makeRoom(): Promise<void> {
    for (const [key, { engines }] of this.#open) {
      if (this.#open.size < mostOpen) break;
      this.#open.delete(key);
      for (const engine of engines) await engine.close();
    }
  }
}
