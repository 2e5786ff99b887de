/** Which provider computes, whatever this machine has. */
import { expect, test } from '@jest/globals';
import { fail } from '../../../core/errors.js';
import { chooseProvider } from '../../../core/engines/open-with-provider.js';
import { openSession, type Session } from '../../../core/engines/session.js';
import type { ProviderName } from '../../../core/engines/providers.js';

const session = {} as Session;
/** Opens these alone. */
const opens =
  (...names: ProviderName[]) =>
  (name: ProviderName) =>
    names.includes(name)
      ? Promise.resolve(session)
      : Promise.reject(fail('provider_missing', { provider: name, reason: 'no library' }));

test.each([
  ['cuda', false, ['cuda'], 'cuda', 0],
  ['cuda', true, ['cuda', 'cpu'], 'cuda', 0],
  ['cuda', true, ['cpu'], 'cpu', 1],
  ['auto', false, ['cuda', 'cpu'], 'cuda', 1],
  ['auto', false, ['cpu'], 'cpu', 2],
  ['cpu', true, ['cpu'], 'cpu', 0],
] as const)('%s, fallback %s, where %j open: %s', async (provider, fallback, names, expected, warnings) => {
  const found = await chooseProvider({ provider, fallback }, ['cpu', 'tensorrt', 'cuda'], opens(...names));
  expect([found.provider, found.warnings.length]).toEqual([expected, warnings]);
});

test('without fallback a provider that is missing is an error, and a broken model is one in any case', async () => {
  const missing = chooseProvider({ provider: 'cuda', fallback: false }, [], opens('cpu'));
  await expect(missing).rejects.toMatchObject({ code: 'provider_missing' });
  const broken = () => Promise.reject(fail('session_refused', { reason: 'bad' }));
  const refused = chooseProvider({ provider: 'auto', fallback: false }, ['cuda'], broken);
  await expect(refused).rejects.toMatchObject({ code: 'session_refused' });
});

test('a provider whose libraries this machine lacks is named', async () => {
  await expect(openSession(new Uint8Array([1]), { provider: 'coreml' })).rejects.toMatchObject({
    code: 'provider_missing',
    message: expect.stringContaining('coreml'),
  });
});
