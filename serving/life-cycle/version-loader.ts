/** Versions on their way in and out: loaded or refused, and, when they answer no more, drained and ended. */
import type { BundleAddress } from '../../core/bundle/repository.js';
import { fail, toRetortError } from '../../core/errors.js';
import type { SpareProcess } from '../workers/channel.js';
import { type Arrivals, keyOf, stampOf } from './arrivals.js';
import { endsWithin } from './ends-within.js';
import type { RunSettings } from './run-settings.js';
import { drainModel, type ServedModel, startModel, type StartContext } from './served-model.js';

export interface VersionLoaderOptions extends Omit<StartContext, 'signal'> {
  readonly settingsOf: (name: string) => RunSettings;
  /** How long a version that was replaced may finish what it has. */
  readonly drainMs: number;
  /** For the first worker of the first model. */
  readonly spare?: SpareProcess | null;
  /** Tests load none. */
  readonly start?: typeof startModel;
}

export class VersionLoader {
  readonly #options: VersionLoaderOptions;
  /** Is told what was loaded and what was refused. */
  readonly #arrivals: Arrivals;
  readonly #loading = new Set<string>();
  readonly #draining = new Map<ServedModel, Promise<void>>();
  readonly #stopping = new AbortController();
  #spare: SpareProcess | null;

  constructor(options: VersionLoaderOptions, arrivals: Arrivals) {
    this.#options = options;
    this.#arrivals = arrivals;
    this.#spare = options.spare ?? null;
  }

  /** Aborted when nothing is to be loaded any more. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  isLoading(address: BundleAddress): boolean {
    return this.#loading.has(keyOf(address));
  }

  /**
   * @param isFirst of its name: then the sooner it answers, the better
   * @throws RetortError of the bundle, model_refused, load_timeout, server_draining
   */
  async load(address: BundleAddress, isFirst: boolean): Promise<ServedModel> {
    const { start = startModel, settingsOf, metrics, logger, clock } = this.#options;
    const { signal } = this.#stopping;
    const spare = this.#spare;
    this.#spare = null;
    const { name: model, version } = address;
    const key = keyOf(address);
    this.#loading.add(key);
    const stamp = await stampOf(address.folder);
    try {
      const context = { clock, logger, metrics, signal };
      const started = await start(address, settingsOf(model), context, isFirst ? { spare } : null);
      if (signal.aborted) {
        await drainModel(started, clock, 0);
        throw fail('server_draining', {});
      }
      this.#arrivals.loaded(address);
      metrics.models.loads.inc({ model, result: 'loaded' });
      logger.info({ model, version }, 'model ready');
      return started;
    } catch (thrown) {
      // What it fails with then says nothing of the bundle.
      if (signal.aborted) throw fail('server_draining', {}, thrown);
      const error = toRetortError(thrown);
      this.#arrivals.refused(address, error, stamp);
      metrics.models.loads.inc({ model, result: 'refused' });
      logger.error(
        { model, version, code: error.code, hint: error.hint },
        `version refused: ${error.message}`,
      );
      throw error;
    } finally {
      this.#loading.delete(key);
    }
  }

  /** Ends a version when it has answered what it has, or has had its time. */
  release(model: ServedModel, withinMs = this.#options.drainMs): void {
    const draining = drainModel(model, this.#options.clock, withinMs);
    this.#draining.set(model, draining);
    void draining.finally(() => this.#draining.delete(model));
  }

  /** Ends loads that are under way, and begins none from now on. */
  stop(): void {
    this.#stopping.abort();
    this.#spare?.child.kill('SIGKILL');
    this.#spare = null;
  }

  /** When every version that was released has ended; those that take longer than `drainMs` are killed. */
  async released(): Promise<void> {
    const { drainMs, clock } = this.#options;
    const ended = Promise.all(this.#draining.values());
    if (!(await endsWithin(ended, drainMs, clock))) for (const { pool } of this.#draining.keys()) pool.kill();
    await ended;
  }
}
