/** The configuration that a command line of `retort serve` asks for. */
import { parseConfig, readConfigFile, type ServeConfig } from '../serving/config.js';
import { edgeEntries, type EdgeOptions } from './edge-options.js';
import { shippedRepository, shippedStudent } from './shipped.js';

export interface ServeOptions extends EdgeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly repository?: string;
  readonly models?: readonly string[];
  readonly workers?: number;
  readonly threads?: number;
  readonly isolation?: string;
  readonly provider?: string;
  readonly precision?: string;
  readonly queue?: number;
  readonly maxBatch?: number;
  readonly deadlineMs?: number;
  readonly maxBodyBytes?: number;
  readonly maxCharacters?: number;
  readonly maxTexts?: number;
  readonly graceMs?: number;
  readonly drainMs?: number;
  readonly poll?: number;
  readonly cacheMb?: number;
  readonly compareEager?: number;
  readonly reports?: string;
  readonly logLevel: string;
}

/** The file's entries with the options over them. */
export async function configOf(options: ServeOptions): Promise<ServeConfig> {
  const entries = options.config === undefined ? {} : await readConfigFile(options.config);
  const repository = options.repository ?? entries.repository ?? shippedRepository;
  const shipped = repository === shippedRepository ? [{ name: shippedStudent }] : undefined;
  const models = options.models?.map(modelOf) ?? withoutOverridden(entries.models, options) ?? shipped;
  const asked = {
    repository,
    models,
    host: options.host,
    port: options.port,
    workers: { count: options.workers, threads: options.threads, isolation: options.isolation },
    session: { provider: options.provider, precision: options.precision },
    queue: { capacity: options.queue, largestBatch: options.maxBatch },
    limits: {
      deadlineMs: options.deadlineMs,
      bodyBytes: options.maxBodyBytes,
      textCharacters: options.maxCharacters,
      textsPerRequest: options.maxTexts,
    },
    edge: edgeEntries(options),
    lifeCycle: { graceMs: options.graceMs, drainMs: options.drainMs, pollSeconds: options.poll },
    cache: { megabytes: options.cacheMb },
    compare: { share: options.compareEager },
    reports: options.reports,
  };
  return parseConfig(overlaid(entries, asked), options.config ?? 'of the command line');
}

/** The models of the file, without what an option says for all of them. */
function withoutOverridden(models: unknown, { workers, provider, precision }: ServeOptions): unknown {
  if (!Array.isArray(models)) return models;
  const asked = (entries: Record<string, unknown>, options: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => options[key] === undefined));
  return models.map((model: unknown) => {
    if (!isGroup(model)) return model;
    const kept = asked(model, { workers });
    return isGroup(kept.session) ? { ...kept, session: asked(kept.session, { provider, precision }) } : kept;
  });
}

/** `name` or `name@version`. */
function modelOf(given: string): { name: string; version?: string } {
  const [name = '', version] = given.split('@');
  return { name, ...(version === undefined ? {} : { version }) };
}

/** The entries that are asked for, over those of the file, group by group. */
function overlaid(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const before = merged[key];
    merged[key] = isGroup(value) ? overlaid(isGroup(before) ? before : {}, value) : value;
  }
  return merged;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
