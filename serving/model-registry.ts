/** The models that a server has: loaded off to the side, swapped in, drained and released. */
import { type BundleAddress, bundlesNamed, listRepository } from '../core/bundle/repository.js';
import { fail, toRetortError } from '../core/errors.js';
import { Arrivals, keyOf } from './life-cycle/arrivals.js';
import { endsWithin } from './life-cycle/ends-within.js';
import { choose, type Family, type Label } from './life-cycle/family.js';
import type { ServedModel } from './life-cycle/served-model.js';
import { Turns } from './life-cycle/turns.js';
import { VersionLoader, type VersionLoaderOptions } from './life-cycle/version-loader.js';
import { shortened } from './shortened.js';

export type { ServedModel };

export interface ModelChoice {
  readonly name: string;
  /** The one version that is served, whatever newer one appears; null for the newest. */
  readonly version: string | null;
  readonly canary: { readonly version: string; readonly percent: number } | null;
}

export interface ModelRegistryOptions extends VersionLoaderOptions {
  readonly repository: string;
  /** Those that are loaded, the first being the default; null for all. */
  readonly models: readonly ModelChoice[] | null;
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
  /** Every name that was to be served, as configured or found; the first is the default. */
  readonly #order: string[] = [];
  /** Names that are to be served: a server that lacks one is not ready. */
  readonly #wanted = new Set<string>();
  readonly #arrivals = new Arrivals();
  readonly #loader: VersionLoader;
  readonly #turns: Turns;
  #loaded = false;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#loader = new VersionLoader(options, this.#arrivals);
    this.#turns = new Turns(this.#loader.stopped);
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
    for (const { name } of choices) this.#addToOrder(name);
    for (const [index, choice] of choices.entries()) {
      this.#wanted.add(choice.name);
      await this.#attempt(() =>
        this.#turns.take(choice.name, () => this.#loadFirst(choice, candidates[index] ?? [])),
      );
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
    return this.#inOrder.map(({ stable }) => stable);
  }

  /** Of the model that answers where a request names none, loaded or not; null before there is one. */
  get defaultName(): string | null {
    return this.#order[0] ?? null;
  }

  /** Every version that answers requests, with its label. */
  get labelled(): readonly { readonly model: ServedModel; readonly label: Label }[] {
    return this.#inOrder.flatMap(({ stable, canary }) => [
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
   * @param name the default model where it is absent
   * @param version a version, `stable` or `canary`; where it is absent the request's id falls on one of the two
   * @throws RetortError model_not_ready, model_unknown
   */
  find(name?: string, version?: string, requestId = ''): ServedModel {
    if (this.#families.size === 0) throw fail('model_not_ready', { reason: 'none is loaded' });
    const family = this.#families.get(name ?? this.defaultName ?? '');
    if (name === undefined && family === undefined)
      throw fail('model_not_ready', { reason: `the default, ${this.defaultName ?? ''}, is not loaded` });
    const model = family === undefined ? undefined : choose(family, version, requestId);
    if (model === undefined) {
      const known = this.models.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ');
      throw fail('model_unknown', {
        model: [name, version].flatMap((part) => (part === undefined ? [] : shortened(part))).join(' '),
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
   * @throws RetortError model_missing, of the bundle, model_refused, load_timeout, server_draining
   */
  loadModel(name: string, version?: string): Promise<void> {
    return this.#byHand(name, async () => {
      const pinned = this.#options.models?.find((choice) => choice.name === name)?.version ?? null;
      await this.#load(name, version ?? pinned);
    });
  }

  /** @throws RetortError model_unknown */
  unloadModel(name: string): Promise<void> {
    return this.#byHand(name, async () => {
      const family = this.#family(name);
      this.#families.delete(name);
      this.#wanted.delete(name);
      this.#loader.release(family.stable);
      if (family.canary !== null) this.#loader.release(family.canary.model);
      await Promise.resolve();
    });
  }

  /**
   * Returns to the version that was stable before, when the changes that were asked for earlier are made.
   * @throws RetortError model_unknown, model_without_previous, and those of a load
   */
  rollback(name: string): Promise<void> {
    return this.#byHand(name, async () => {
      const { previousVersion } = this.#family(name);
      if (previousVersion === null) throw fail('model_without_previous', { model: name });
      await this.#load(name, previousVersion);
    });
  }

  /**
   * Lets a version answer a share of the requests that name none; 0 ends it.
   * @throws RetortError model_unknown, canary_stable, and those of a load
   */
  setCanary(name: string, version: string, percent: number): Promise<void> {
    return this.#byHand(name, () => this.#share(name, version, percent));
  }

  /** Every version of the repository, as the Open Inference Protocol's repository extension lists them. */
  async index(): Promise<IndexEntry[]> {
    const labels = new Map(this.labelled.map(({ model, label }) => [keyOf(model.manifest), label] as const));
    return (await listRepository(this.#options.repository)).map((address) => {
      const { name, version } = address;
      const key = keyOf(address);
      const label = labels.get(key) ?? null;
      const refused = this.#arrivals.refusalOf(address);
      const state = label !== null ? 'READY' : this.#loader.isLoading(address) ? 'LOADING' : 'UNAVAILABLE';
      return { name, version, state, reason: refused?.message ?? '', label };
    });
  }

  /**
   * Loads what has come into the repository since the last look. So a version that was chosen or unloaded by hand stays
   * so until a newer one comes, and one that was refused is tried again when its files have changed.
   */
  async poll(): Promise<void> {
    const { repository, models } = this.#options;
    for (const name of models?.map((choice) => choice.name) ?? (await namesIn(repository))) {
      if (this.#loader.stopped.aborted) return;
      if (models?.some((choice) => choice.name === name && choice.version !== null) === true) continue;
      await this.#attempt(() => this.#turns.take(name, () => this.#look(name)));
    }
  }

  /** Ends loads that are under way, and refuses all changes from now on. */
  stopLoading(): void {
    this.#loader.stop();
  }

  /** Ends every version: those that were replaced finish what they have within `drainMs`, and then are killed. */
  async close(): Promise<void> {
    const { clock, drainMs } = this.#options;
    this.stopLoading();
    await endsWithin(this.#turns.settled(), drainMs, clock);
    for (const { model } of this.labelled) this.#loader.release(model, 0);
    await this.#loader.released();
    this.#families.clear();
  }

  get #inOrder(): Family[] {
    return this.#order.flatMap((name) => this.#families.get(name) ?? []);
  }

  #addToOrder(name: string): void {
    if (!this.#order.includes(name)) this.#order.push(name);
  }

  /** The newest version that loads, unless one was loaded by hand meanwhile; then the canary. */
  async #loadFirst({ name, canary }: ModelChoice, candidates: readonly BundleAddress[]): Promise<void> {
    const [newest] = candidates;
    if (newest !== undefined) this.#arrivals.saw(newest);
    for (const address of candidates) {
      if (this.#families.has(name) || this.#loader.stopped.aborted) break;
      await this.#attempt(() => this.#swapIn(address));
    }
    if (canary === null || !this.#families.has(name)) return;
    await this.#share(name, canary.version, canary.percent).catch((thrown: unknown) => {
      const { code, hint, message } = toRetortError(thrown);
      this.#options.logger.error({ model: name, ...canary, code, hint }, `no canary: ${message}`);
    });
  }

  async #look(name: string): Promise<void> {
    const newest = await this.#newest(name);
    if (newest === null) return;
    const isNew = await this.#arrivals.isNew(newest);
    this.#arrivals.saw(newest);
    const family = this.#families.get(name);
    const loaded = [family?.stable, family?.canary?.model].map((model) => model?.manifest.version);
    if (isNew && !loaded.includes(newest.version)) await this.#load(name, newest.version);
  }

  async #load(name: string, version: string | null): Promise<void> {
    const [address] = await this.#candidates({ name, version });
    if (address === undefined) return;
    const canary = this.#families.get(name)?.canary ?? null;
    if (canary?.model.manifest.version === address.version) this.#promote(name, canary.model);
    else await this.#swapIn(address);
    this.#wanted.add(name);
  }

  async #share(name: string, version: string, percent: number): Promise<void> {
    const family = this.#family(name);
    const before = family.canary;
    if (percent > 0 && family.stable.manifest.version === version)
      throw fail('canary_stable', { model: name, version });
    if (percent > 0 && before?.model.manifest.version === version) {
      family.canary = { model: before.model, percent };
      return;
    }
    if (percent > 0) {
      const [address] = await this.#candidates({ name, version });
      if (address !== undefined) family.canary = { model: await this.#start(address), percent };
    } else family.canary = null;
    if (before !== null) this.#loader.release(before.model);
  }

  /** Null where the repository has none, or cannot be read. */
  async #newest(name: string): Promise<BundleAddress | null> {
    const [newest] = await bundlesNamed(this.#options.repository, name).catch(() => []);
    return newest ?? null;
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
    this.#addToOrder(name);
    this.#families.set(name, {
      stable,
      canary,
      previousVersion: changed ? before.stable.manifest.version : (before?.previousVersion ?? null),
    });
    if (before !== undefined) this.#loader.release(before.stable);
  }

  #start(address: BundleAddress): Promise<ServedModel> {
    return this.#loader.load(address, !this.#families.has(address.name));
  }

  #family(name: string): Family {
    const family = this.#families.get(name);
    if (family === undefined)
      throw fail('model_unknown', { model: shortened(name), known: [...this.#families.keys()].join(', ') });
    return family;
  }

  /** What is there when the change begins is known to who asks for it: only what comes later is loaded by a look. */
  #byHand(name: string, change: () => Promise<void>): Promise<void> {
    return this.#turns.take(name, async () => {
      const newest = await this.#newest(name);
      await change();
      if (newest !== null) this.#arrivals.saw(newest);
    });
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
