/** Who may ask, from where, over what, and how a server describes itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { pino } from 'pino';
import { generate } from 'selfsigned';
import { z } from 'zod';
import { ApiKeys } from '../../serving/access/api-keys.js';
import { TlsFiles } from '../../serving/access/tls-files.js';
import { routes } from '../../serving/http/routes.js';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let server: RunningServer;
const keys = new ApiKeys([
  { name: 'billing', key: 'a-key-of-billing-1234' },
  { name: 'shop', key: 'a-key-of-the-shop-5678', admin: true },
]);

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-edge-'));
  await writeTinyBundle(path.join(root, 'models'));
  server = await startTestServer(
    path.join(root, 'models'),
    { edge: { corsOrigins: ['https://shop.example'] } },
    keys,
  );
  await server.loaded;
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const withKey = { 'content-type': 'application/json', authorization: 'Bearer a-key-of-billing-1234' };
const predict = (
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer> = '{"text": "好"}',
  url = server.url,
) => fetch(`${url}/v1/predict`, { method: 'POST', headers, body });

describe('API keys', () => {
  test('either header brings one', async () => {
    expect((await predict(withKey)).status).toBe(200);
    expect(
      (await predict({ 'content-type': 'application/json', 'x-api-key': 'a-key-of-the-shop-5678' })).status,
    ).toBe(200);
  });

  test.each([
    ['none', {}, 'api_key_missing'],
    ['a wrong one', { authorization: 'Bearer a-key-of-billing-1235' }, 'api_key_unknown'],
    ['another scheme', { authorization: 'Basic a-key-of-billing-1234' }, 'api_key_missing'],
    ['a prefix', { 'x-api-key': 'a-key-of-billing' }, 'api_key_unknown'],
  ])('%s is 401', async (_what, headers, code) => {
    const response = await predict(headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  test('health and the documentation need none; metrics, models and the repository do', async () => {
    const statusOf = async (route: string, method = 'GET') =>
      (await fetch(server.url + route, { method })).status;
    for (const route of [
      '/v2/health/live',
      '/v2/health/ready',
      '/v2/models/tiny/ready',
      '/openapi.json',
      '/docs/',
    ])
      expect(await statusOf(route)).toBe(200);
    for (const route of ['/metrics', '/v1/models', '/v2', '/v2/models/tiny'])
      expect(await statusOf(route)).toBe(401);
    expect(await statusOf('/v2/repository/index', 'POST')).toBe(401);
  });

  test('only a key that is marked admin may change what is served', async () => {
    const asBilling = { headers: { 'x-api-key': 'a-key-of-billing-1234' }, method: 'POST' };
    for (const route of [
      '/v2/repository/models/tiny/load',
      '/v2/repository/models/tiny/unload',
      '/v1/models/tiny/rollback',
    ]) {
      const refused = await fetch(server.url + route, asBilling);
      expect(refused.status).toBe(403);
      expect(refused.headers.get('x-error-code')).toBe('api_key_forbidden');
      await refused.arrayBuffer();
    }
    expect((await fetch(`${server.url}/v2/repository/index`, asBilling)).status).toBe(200);
    const asShop = { headers: { 'x-api-key': 'a-key-of-the-shop-5678' }, method: 'POST' };
    expect((await fetch(`${server.url}/v2/repository/models/tiny/load`, asShop)).status).toBe(200);
    const scoped = ApiKeys.fromVariable('KEYS', 'app application-key-01, ops operations-key-02 admin');
    expect(scoped.check('admin', undefined, 'operations-key-02')).toBe('ops');
    expect(() => scoped.check('admin', undefined, 'application-key-01')).toThrow(/may not change/);
    expect(() => ApiKeys.fromVariable('KEYS', 'ops operations-key-02 root')).toThrow(/NAME KEY admin/);
  });

  test('a file names keys, and one that cannot be used is refused', async () => {
    const file = path.join(root, 'keys');
    await writeFile(file, '# keys\nbilling a-key-of-billing-1234\n\nanonymous-key-0123456\n');
    const read = await ApiKeys.fromFile(file);
    expect(read.check('admin', 'Bearer a-key-of-billing-1234', undefined)).toBe('billing');
    expect(read.check('key', undefined, 'anonymous-key-0123456')).toBe('key 2');
    expect(() => ApiKeys.fromVariable('KEYS', 'short')).toThrow(/shorter/);
    expect(() => ApiKeys.fromVariable('KEYS', ' , ')).toThrow(/no key/);
    await expect(ApiKeys.fromFile(path.join(root, 'none'))).rejects.toThrow(/cannot be read/);
  });
});

test('browsers of the named origin may ask, those of others not', async () => {
  const preflight = (origin: string) =>
    fetch(`${server.url}/v1/predict`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const allowed = await preflight('https://shop.example');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('what a browser sends for a page of another site is refused, but for the named origin', async () => {
  const from = (origin: string, site = 'cross-site') =>
    predict({ ...withKey, origin, 'sec-fetch-site': site });
  const foreign = await from('https://evil.example');
  expect(foreign.status).toBe(403);
  expect(await foreign.json()).toMatchObject({ error: { code: 'cross_site_refused' } });
  expect((await from('https://shop.example')).status).toBe(200);
  expect((await from(server.url, 'same-origin')).status).toBe(200);
});

test('answers carry the headers of a careful server', async () => {
  const { headers } = await predict(withKey);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-powered-by')).toBeNull();
});

describe('packed bodies', () => {
  test('gzip is unpacked', async () => {
    for (const encoding of ['gzip', 'GZIP']) {
      const response = await predict(
        { ...withKey, 'content-encoding': encoding },
        gzipSync('{"text": "好"}'),
      );
      expect(response.status).toBe(200);
    }
  });

  test.each([
    ['a bomb', gzipSync(Buffer.alloc(20_000_000)), 'gzip', 413, 'body_too_large'],
    ['no gzip', Buffer.from('{"text": "好"}'), 'gzip', 400, 'body_unreadable'],
    ['another packing', Buffer.from('{}'), 'zstd', 415, 'body_unsupported'],
    ['a name of Object', Buffer.from('{}'), 'constructor', 415, 'body_unsupported'],
  ])('%s is refused', async (_what, body, encoding, status, code) => {
    const response = await predict({ ...withKey, 'content-encoding': encoding }, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });
});

describe('OpenAPI', () => {
  test('the document is valid and has every route', async () => {
    const document = z
      .looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(await (await fetch(`${server.url}/openapi.json`)).json());
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
    const paths = Object.keys(document.paths);
    expect(paths).toContain('/v2/models/{model}/versions/{version}/infer');
    expect(paths.length).toBeGreaterThanOrEqual(routes.length - 1);
  });

  test('answers are what the document says', async () => {
    const models = routes.filter(({ method, path: route }) => method === 'get' && !route.includes(':file'));
    for (const { path: route, operation } of models) {
      const url = server.url + route.replace('{/versions/:version}', '').replace(':model', 'tiny');
      const response = await fetch(url, { headers: withKey });
      const schema = operation.responses[response.status]?.schema;
      if (schema !== undefined) schema.parse(await response.json());
    }
    const schema = routes.find((route) => route.path === '/v1/predict')?.operation.responses[200]?.schema;
    schema!.parse(await (await predict(withKey, '{"text": "好", "logits": true, "explain": true}')).json());
  });

  test('the page loads nothing from elsewhere', async () => {
    const response = await fetch(`${server.url}/docs`);
    expect(response.url).toBe(`${server.url}/docs/`);
    const html = await response.text();
    expect(html).not.toMatch(/https?:/);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await fetch(`${server.url}/docs/${file!}`)).status).toBe(200);
    expect((await fetch(`${server.url}/docs/package.json`)).status).toBe(404);
  });
});

describe('TLS', () => {
  const certificateOf = (name: string) => generate([{ name: 'commonName', value: name }]);
  const subjectOf = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { rejectUnauthorized: false, agent: false as const };
      httpsRequest(`${url}/v2/health/live`, options, (response) => {
        response.resume();
        const socket = response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
        resolve(socket.getPeerCertificate().subject.CN);
      })
        .once('error', reject)
        .end();
    });

  test('serves HTTPS', async () => {
    const [certificate, key] = [path.join(root, 'cert.pem'), path.join(root, 'key.pem')];
    const made = await certificateOf('first');
    await Promise.all([writeFile(certificate, made.cert), writeFile(key, made.private)]);
    const encrypted = await startTestServer(path.join(root, 'models'), {
      edge: { tls: { certificate, key } },
    });
    expect(encrypted.url).toMatch(/^https:/);
    expect(await subjectOf(encrypted.url)).toBe('first');
    await encrypted.close();
  });

  test('files that changed are read again, and those that do not fit leave the old ones in use', async () => {
    const [certificate, key] = [path.join(root, 'new-cert.pem'), path.join(root, 'new-key.pem')];
    const [first, second] = await Promise.all([certificateOf('first'), certificateOf('second')]);
    await Promise.all([writeFile(certificate, first.cert), writeFile(key, first.private)]);
    const files = new TlsFiles({ certificate, key }, pino({ level: 'silent' }), 20);
    const changed = async (what: () => boolean) => {
      while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await writeFile(certificate, second.cert);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(files.options.cert.toString()).toBe(first.cert);
    await writeFile(key, second.private);
    await changed(() => files.options.cert.toString() === second.cert);
    files.close();
  });

  test('a certificate that is none is refused', () => {
    expect(
      () => new TlsFiles({ certificate: 'none.pem', key: 'none.pem' }, pino({ level: 'silent' })),
    ).toThrow(expect.objectContaining({ code: 'tls_invalid' }));
  });
});
