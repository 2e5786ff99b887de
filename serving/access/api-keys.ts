/** The API keys that a server takes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';

interface NamedKey {
  readonly name: string;
  readonly digest: Buffer;
}

export class ApiKeys {
  readonly #keys: readonly NamedKey[];

  /** @param keys by name */
  constructor(keys: Iterable<readonly [name: string, key: string]>) {
    this.#keys = Array.from(keys, ([name, key]) => ({ name, digest: digestOf(key) }));
  }

  /**
   * One key a line, its name before it (`billing 3f9c…`) or none; `#` starts a comment.
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
      .map((entry, index): [string, string] => {
        const [first = '', second, ...more] = entry.split(/\s+/);
        if (more.length > 0)
          throw fail('api_keys_invalid', { source, reason: 'an entry has more than two words' });
        return second === undefined ? [`key ${String(index + 1)}`, first] : [first, second];
      });
    if (keys.length === 0) throw fail('api_keys_invalid', { source, reason: 'it holds no key' });
    if (keys.some(([, key]) => key.length < shortestKey))
      throw fail('api_keys_invalid', {
        source,
        reason: `a key is shorter than ${String(shortestKey)} characters`,
      });
    return new ApiKeys(keys);
  }

  /**
   * The name of the key that a request brings. All keys are compared, each in the same time whatever it shares.
   * @throws RetortError api_key_missing, api_key_unknown
   */
  check(authorization: string | undefined, apiKey: string | undefined): string {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? apiKey;
    if (given === undefined) throw fail('api_key_missing', {});
    const digest = digestOf(given);
    const [found] = this.#keys.filter((key) => timingSafeEqual(key.digest, digest));
    if (found === undefined) throw fail('api_key_unknown', {});
    return found.name;
  }
}

const shortestKey = 16;

/** Of equal length for all keys, as the comparison wants them. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
