/** The models that a server has: loaded off to the side, swapped in, drained and released. */
import { type BundleAddress, bundlesNamed, listRepository } from '../core/bundle/repository.js';
import { fail, type RetortError, toRetortError } from '../core/errors.js';
import { choose, type Family, type Label } from './life-cycle/family.js';
import {
  drainModel,
  type RunSettings,
  type ServedModel,
  startModel,
  type StartContext,
} from './life-cycle/served-model.js';
import type { SpareProcess } from './workers/channel.js';

export type { ServedModel };

export interface ModelChoice {
  readonly name: string;
  /** The one version that is served, whatever newer one appears; null for the newest. */
  readonly version: string | null;
  readonly canary: { readonly version: string; readonly percent: number } | null;
}

export interface ModelRegistryOptions extends StartContext {
  readonly repository: string;
  /** Those that are loaded, the first being the default; null for all. */
  readonly models: readonly ModelChoice[] | null;
  readonly settingsOf: (name: string) => RunSettings;
  /** How long a version that was replaced may finish what it has. */
  readonly drainMs: number;
  /** For the first worker of the first model. */
  readonly spare?: SpareProcess | null;
  /** Tests load none. */
  readonly start?: typeof startModel;
}

export type ModelState = 'READY' | 'LOADING' | 'UNAVAILABLE';

export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is unavailable; empty where it is not loaded, or ready. */
  readonly reason: string;
  readonly label: Label | null;
}

export class ModelRegistry {
  readonly #options: ModelRegistryOptions;
  readonly #families = new Map<string, Family>();
  /** Names that are to be served: a server that lacks one is not ready. */
  readonly #wanted = new Set<string>();
  /** The newest version of each name when the repository was last looked into: what was chosen since then stays. */
  readonly #newest = new Map<string, string>();
  /** The latest change of each name: changes of one name follow each other. */
  readonly #changes = new Map<string, Promise<unknown>>();
  readonly #loading = new Set<string>();
  readonly #refused = new Map<string, RetortError>();
  readonly #draining = new Set<Promise<void>>();
  #loaded = false;
  #spare: SpareProcess | null;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#spare = options.spare ?? null;
  }

  /**
   * Loads the repository. A version that does not load is logged, and the next older one of its name is tried.
   * @throws RetortError repository_missing; model_missing for a name that the repository lacks, with nothing loaded
   */
  async load(): Promise<void> {
    const { repository, models } = this.#options;
    const choices =
      models ?? (await namesIn(repository)).map((name) => ({ name, version: null, canary: null }));
    const candidates = await Promise.all(choices.map((choice) => this.#candidates(choice)));
    for (const [index, { name, canary }] of choices.entries()) {
      this.#wanted.add(name);
      const [newest] = candidates[index] ?? [];
      if (newest !== undefined) this.#newest.set(name, newest.version);
      for (const address of candidates[index] ?? []) {
        if (await this.#attempt(() => this.#swapIn(address))) break;
      }
      if (canary !== null && this.#families.has(name))
        await this.#attempt(() => this.setCanary(name, canary.version, canary.percent));
    }
    this.#loaded = true;
  }

  /** Whether the repository is loaded, and every model has a worker that answers, and there is one. */
  get ready(): boolean {
    return (
      this.#loaded &&
      this.#wanted.size > 0 &&
      [...this.#wanted].every((name) => (this.#families.get(name)?.stable.pool.readyWorkers ?? 0) > 0)
    );
  }

  /** The stable version of each name. */
  get models(): readonly ServedModel[] {
    return [...this.#families.values()].map(({ stable }) => stable);
  }

  /** Every version that answers requests, with its label. */
  get labelled(): readonly { readonly model: ServedModel; readonly label: Label }[] {
    return [...this.#families.values()].flatMap(({ stable, canary }) => [
      { model: stable, label: 'stable' as const },
      ...(canary === null ? [] : [{ model: canary.model, label: 'canary' as const }]),
    ]);
  }

  /** Whether no version has room for another text. */
  get isFull(): boolean {
    if (this.#families.size === 0) return false;
    for (const { stable, canary } of this.#families.values())
      if (stable.queue.fill < 1 || (canary !== null && canary.model.queue.fill < 1)) return false;
    return true;
  }

  /**
   * @param name the first model of the repository where it is absent
   * @param version a version, `stable` or `canary`; where it is absent the request's id falls on one of the two
   * @throws RetortError model_not_ready, model_unknown
   */
  find(name?: string, version?: string, requestId = ''): ServedModel {
    const [first] = this.#families.values();
    if (first === undefined) throw fail('model_not_ready', {});
    const family = name === undefined ? first : this.#families.get(name);
    const model = family === undefined ? undefined : choose(family, version, requestId);
    if (model === undefined) {
      const known = this.models.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ');
      throw fail('model_unknown', {
        model: [name, version].filter((part) => part !== undefined).join(' '),
        known,
      });
    }
    return model;
  }

  get openRequests(): number {
    return this.labelled.reduce((sum, { model }) => sum + model.queue.openRequests, 0);
  }

  /**
   * Loads a version (the pinned or the newest one where none is named), and only then lets it answer; the one before it finishes what
   * it has. A version that is stable already is loaded anew; a canary's becomes stable as it is. What fails leaves
   * everything as it was.
   * @throws RetortError model_missing, of the bundle, model_refused
   */
  loadModel(name: string, version?: string): Promise<void> {
    return this.#inTurn(name, async () => {
      const pinned = this.#options.models?.find((choice) => choice.name === name)?.version ?? null;
      const [address] = await this.#candidates({ name, version: version ?? pinned });
      if (address === undefined) return;
      const canary = this.#families.get(name)?.canary ?? null;
      if (canary?.model.manifest.version === address.version) this.#promote(name, canary.model);
      else await this.#swapIn(address);
      this.#wanted.add(name);
    });
  }

  /** @throws RetortError model_unknown */
  unloadModel(name: string): Promise<void> {
    return this.#inTurn(name, async () => {
      const family = this.#family(name);
      this.#families.delete(name);
      this.#wanted.delete(name);
      this.#release(family.stable);
      if (family.canary !== null) this.#release(family.canary.model);
      await Promise.resolve();
    });
  }

  /**
   * Returns to the version that was stable before.
   * @throws RetortError model_unknown, model_without_previous, and those of a load
   */
  rollback(name: string): Promise<void> {
    const { previousVersion } = this.#family(name);
    if (previousVersion === null) throw fail('model_without_previous', { model: name });
    return this.loadModel(name, previousVersion);
  }

  /**
   * Lets a version answer a share of the requests that name none; 0 ends it.
   * @throws RetortError model_unknown, and those of a load
   */
  setCanary(name: string, version: string, percent: number): Promise<void> {
    return this.#inTurn(name, async () => {
      const family = this.#family(name);
      const before = family.canary;
      if (percent > 0 && before?.model.manifest.version === version) {
        family.canary = { model: before.model, percent };
        return;
      }
      if (percent > 0) {
        const [address] = await this.#candidates({ name, version });
        if (address !== undefined) family.canary = { model: await this.#start(address), percent };
      } else family.canary = null;
      if (before !== null) this.#release(before.model);
    });
  }

  /** Every version of the repository, as the Open Inference Protocol's repository extension lists them. */
  async index(): Promise<IndexEntry[]> {
    const labels = new Map(this.labelled.map(({ model, label }) => [keyOf(model.manifest), label] as const));
    return (await listRepository(this.#options.repository)).map(({ name, version }) => {
      const key = keyOf({ name, version });
      const label = labels.get(key) ?? null;
      const refused = this.#refused.get(key);
      const state = label !== null ? 'READY' : this.#loading.has(key) ? 'LOADING' : 'UNAVAILABLE';
      return { name, version, state, reason: refused?.message ?? '', label };
    });
  }

  /**
   * Loads what has come into the repository since the last look. So a version that was chosen or unloaded by hand stays
   * so until a newer one comes, and one that was refused is not tried again.
   */
  async poll(): Promise<void> {
    const { repository, models } = this.#options;
    for (const name of models?.map((choice) => choice.name) ?? (await namesIn(repository))) {
      if (models?.some((choice) => choice.name === name && choice.version !== null) === true) continue;
      const [newest] = await bundlesNamed(repository, name).catch(() => []);
      if (newest === undefined || this.#newest.get(name) === newest.version) continue;
      this.#newest.set(name, newest.version);
      if (this.#refused.has(keyOf(newest))) continue;
      if (this.#families.get(name)?.stable.manifest.version === newest.version) continue;
      await this.#attempt(() => this.loadModel(name, newest.version));
    }
  }

  async close(): Promise<void> {
    this.#spare?.child.kill('SIGKILL');
    await Promise.allSettled(this.#changes.values());
    const closing = this.labelled.map(({ model }) => drainModel(model, this.#options.clock, 0));
    await Promise.all([...closing, ...this.#draining]);
    this.#families.clear();
  }

  async #candidates({ name, version }: Pick<ModelChoice, 'name' | 'version'>): Promise<BundleAddress[]> {
    const { repository } = this.#options;
    const versions = await bundlesNamed(repository, name);
    if (version === null) return versions;
    const found = versions.filter((address) => address.version === version);
    if (found.length === 0) {
      const known = versions.map((address) => `${name} ${address.version}`).join(', ');
      throw fail('model_missing', { model: `${name} ${version}`, path: repository, known });
    }
    return found;
  }

  async #swapIn(address: BundleAddress): Promise<void> {
    const stable = await this.#start(address);
    this.#setStable(address.name, stable, this.#families.get(address.name)?.canary ?? null);
  }

  #promote(name: string, canary: ServedModel): void {
    this.#setStable(name, canary, null);
    const { version } = canary.manifest;
    this.#options.logger.info({ model: name, version }, 'canary made stable');
  }

  #setStable(name: string, stable: ServedModel, canary: Family['canary']): void {
    const before = this.#families.get(name);
    const changed = before !== undefined && before.stable.manifest.version !== stable.manifest.version;
    this.#families.set(name, {
      stable,
      canary,
      previousVersion: changed ? before.stable.manifest.version : (before?.previousVersion ?? null),
    });
    if (before !== undefined) this.#release(before.stable);
  }

  async #start(address: BundleAddress): Promise<ServedModel> {
    const { start = startModel, settingsOf, metrics, logger } = this.#options;
    const spare = this.#spare;
    this.#spare = null;
    const { name: model, version } = address;
    const key = keyOf(address);
    this.#loading.add(key);
    try {
      const started = await start(
        address,
        settingsOf(model),
        this.#options,
        this.#families.has(model) ? null : { spare },
      );
      this.#refused.delete(key);
      metrics.models.loads.inc({ model, result: 'loaded' });
      logger.info({ model, version }, 'model ready');
      return started;
    } catch (thrown) {
      const error = toRetortError(thrown);
      this.#refused.set(key, error);
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

  #release(model: ServedModel): void {
    const draining = drainModel(model, this.#options.clock, this.#options.drainMs);
    this.#draining.add(draining);
    void draining.finally(() => this.#draining.delete(draining));
  }

  #family(name: string): Family {
    const family = this.#families.get(name);
    if (family === undefined)
      throw fail('model_unknown', { model: name, known: [...this.#families.keys()].join(', ') });
    return family;
  }

  #inTurn<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(name) ?? Promise.resolve();
    const after = before.then(change, change);
    this.#changes.set(
      name,
      after.catch(() => undefined),
    );
    return after;
  }

  /** What fails is logged where it is started. */
  async #attempt(change: () => Promise<void>): Promise<boolean> {
    return change().then(
      () => true,
      () => false,
    );
  }
}

async function namesIn(repository: string): Promise<string[]> {
  return [...new Set((await listRepository(repository)).map(({ name }) => name))];
}

function keyOf({ name, version }: Pick<BundleAddress, 'name' | 'version'>): string {
  return `${name}/${version}`;
}
