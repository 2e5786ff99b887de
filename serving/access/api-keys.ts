/** The API keys that a server takes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';

/** What a request must bring, where keys are set: nothing, any key, or one that may change what is served. */
export type Access = 'open' | 'key' | 'admin';

export interface ApiKey {
  readonly name: string;
  readonly key: string;
  readonly admin?: boolean;
}

interface KnownKey {
  readonly name: string;
  readonly admin: boolean;
  readonly digest: Buffer;
}

export class ApiKeys {
  readonly #keys: readonly KnownKey[];

  /** Where none is marked admin, every key may do everything. */
  constructor(keys: readonly ApiKey[]) {
    const isScoped = keys.some(({ admin }) => admin === true);
    this.#keys = keys.map(({ name, key, admin = false }) => ({
      name,
      admin: admin || !isScoped,
      digest: digestOf(key),
    }));
  }

  /**
   * One key a line, its name before it (`billing 3f9c…`) or none, `admin` behind it (`ops 77ab… admin`) for those that
   * may change what is served; `#` starts a comment.
   * @throws RetortError api_keys_invalid
   */
  static async fromFile(path: string): Promise<ApiKeys> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw fail('api_keys_invalid', { source: path, reason: 'it cannot be read' }, error);
    });
    return ApiKeys.#parse(path, text.split('\n'));
  }

  /** The same, separated by commas. @throws RetortError api_keys_invalid */
  static fromVariable(name: string, value: string): ApiKeys {
    return ApiKeys.#parse(name, value.split(','));
  }

  static #parse(source: string, entries: readonly string[]): ApiKeys {
    const keys = entries
      .map((entry) => entry.replace(/#.*/, '').trim())
      .filter((entry) => entry !== '')
      .map((entry, index): ApiKey => {
        const [first = '', second, scope, ...more] = entry.split(/\s+/);
        if (more.length > 0 || (scope !== undefined && scope !== 'admin'))
          throw fail('api_keys_invalid', {
            source,
            reason: 'an entry is not KEY, NAME KEY or NAME KEY admin',
          });
        return second === undefined
          ? { name: `key ${String(index + 1)}`, key: first }
          : { name: first, key: second, admin: scope !== undefined };
      });
    if (keys.length === 0) throw fail('api_keys_invalid', { source, reason: 'it holds no key' });
    if (keys.some(({ key }) => key.length < shortestKey))
      throw fail('api_keys_invalid', {
        source,
        reason: `a key is shorter than ${String(shortestKey)} characters`,
      });
    return new ApiKeys(keys);
  }

  /**
   * The name of the key that a request brings. All keys are compared, each in the same time whatever it shares.
   * @throws RetortError api_key_missing, api_key_unknown, api_key_forbidden
   */
  check(
    access: Exclude<Access, 'open'>,
    authorization: string | undefined,
    apiKey: string | undefined,
  ): string {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? apiKey;
    if (given === undefined) throw fail('api_key_missing', {});
    const digest = digestOf(given);
    const [found] = this.#keys.filter((key) => timingSafeEqual(key.digest, digest));
    if (found === undefined) throw fail('api_key_unknown', {});
    if (access === 'admin' && !found.admin) throw fail('api_key_forbidden', { name: found.name });
    return found.name;
  }
}

const shortestKey = 16;

/** Of equal length for all keys, as the comparison wants them. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
