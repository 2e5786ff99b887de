/** The models that a server has: of every bundle in a repository the newest version that loads. */
import type { Logger } from 'pino';
import type { Manifest } from '../core/bundle/manifest.js';
import { openBundle } from '../core/bundle/read.js';
import { type BundleAddress, bundlesNamed, listRepository } from '../core/bundle/repository.js';
import { fail, toRetortError } from '../core/errors.js';
import { systemClock } from './clock.js';
import type { Metrics } from './metrics.js';
import { RequestQueue } from './queue.js';
import { WorkerPool } from './worker-pool.js';

export interface ServedModel {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly queue: RequestQueue;
  readonly pool: WorkerPool;
}

export interface ModelRegistryOptions {
  readonly repository: string;
  /** Names of those that are loaded, the first being the default; null for all. */
  readonly names: readonly string[] | null;
  readonly workers: number;
  readonly intraOpThreads: number;
  readonly queueCapacity: number;
  readonly largestBatch: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export class ModelRegistry {
  readonly #options: ModelRegistryOptions;
  readonly #models = new Map<string, ServedModel>();
  #loaded = false;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
  }

  /**
   * Loads the repository. A version that does not load is logged, and the next older one of its name is tried.
   * @throws RetortError repository_missing; model_missing for a name that the repository lacks, with nothing loaded
   */
  async load(): Promise<void> {
    const { repository, names } = this.#options;
    for (const address of await addressesOf(repository, names)) {
      if (this.#models.has(address.name)) continue;
      try {
        this.#models.set(address.name, await this.#start(address));
        this.#options.logger.info({ model: address.name, version: address.version }, 'model ready');
      } catch (thrown) {
        const { code, message, hint } = toRetortError(thrown);
        this.#options.logger.error(
          { model: address.name, version: address.version, code, hint },
          `version refused: ${message}`,
        );
      }
    }
    this.#loaded = true;
  }

  /** Whether the repository is loaded, and every model has a worker that answers, and there is one. */
  get ready(): boolean {
    return (
      this.#loaded &&
      this.#models.size > 0 &&
      [...this.#models.values()].every(({ pool }) => pool.readyWorkers > 0)
    );
  }

  get models(): readonly ServedModel[] {
    return [...this.#models.values()];
  }

  /**
   * @param name the first model of the repository where it is absent
   * @throws RetortError model_not_ready, model_unknown
   */
  find(name?: string, version?: string): ServedModel {
    const [first] = this.#models.values();
    if (first === undefined) throw fail('model_not_ready', {});
    const model = name === undefined ? first : this.#models.get(name);
    if (model === undefined || (version !== undefined && model.manifest.version !== version)) {
      const known = this.models.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ');
      throw fail('model_unknown', {
        model: [name, version].filter((part) => part !== undefined).join(' '),
        known,
      });
    }
    return model;
  }

  get queueDepth(): number {
    return this.models.reduce((sum, { queue }) => sum + queue.depth, 0);
  }

  get openRequests(): number {
    return this.models.reduce((sum, { queue }) => sum + queue.openRequests, 0);
  }

  async close(): Promise<void> {
    for (const { queue, pool } of this.models) {
      queue.close(fail('server_draining', {}));
      await pool.close();
    }
    this.#models.clear();
  }

  async #start({ folder, name, version }: BundleAddress): Promise<ServedModel> {
    const { workers, intraOpThreads, queueCapacity, largestBatch, metrics, logger } = this.#options;
    const { manifest } = await openBundle(folder);
    let pool: WorkerPool | null = null;
    const queue = new RequestQueue({
      capacity: queueCapacity,
      largestBatch,
      clock: systemClock,
      onWaiting: () => pool?.dispatch(),
    });
    pool = await WorkerPool.start({
      folder,
      size: workers,
      intraOpThreads,
      queue,
      onBatch: (rows) => {
        metrics.batch(rows);
      },
      onDeath: (reason) => {
        metrics.workerDied();
        logger.error({ model: name, version, reason }, 'worker died');
      },
    });
    for (const warning of pool.warnings) logger.warn({ model: name, version }, warning);
    return { manifest, folder, queue, pool };
  }
}

async function addressesOf(repository: string, names: readonly string[] | null): Promise<BundleAddress[]> {
  if (names === null) return listRepository(repository);
  const versions = await Promise.all(names.map((name) => bundlesNamed(repository, name)));
  return versions.flat();
}
