/** Load tests from the command line, against a server of this file. */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { capacitySchema } from '../../loadtest/capacity/report.js';
import { reportSchema } from '../../loadtest/report.js';
import { generate } from 'selfsigned';
import { killAll, retort, start, startWith } from './retort.js';

let server: Server;
let url: string;
let folder: string;
const bodies: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-load-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
afterEach(killAll);

const load = (...more: string[]) => [
  ...['loadtest', url, '--duration', '1', '--warmup', '0', '--max-lag', '60000'],
  ...more,
];

test('a server with TLS whose certificate Node was told to trust', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const certificate = path.join(folder, 'certificate.pem');
  await writeFile(certificate, cert);
  const secure = createSecureServer({ key, cert }, (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  const target = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const options = ['loadtest', target, '--duration', '1', '--warmup', '0', '--max-lag', '60000', '--json'];
  try {
    const trust = { NODE_EXTRA_CA_CERTS: certificate };
    const trusting = await startWith(trust, ...options, '--rate', '50').ended;
    expect({ status: trusting.status, stderr: trusting.stderr }).toEqual({
      status: 0,
      stderr: expect.not.stringContaining('arning'),
    });
    expect(reportSchema.parse(JSON.parse(trusting.stdout)).measured.outcomes).toEqual({
      ok: expect.any(Number),
    });
    const doubting = await retort(...options, '--rate', '50');
    expect(doubting).toMatchObject({ status: 1, stderr: expect.stringContaining('loadtest_unreachable') });
  } finally {
    secure.closeAllConnections();
    secure.close();
  }
}, 30_000);

describe('an open loop', () => {
  test('writes its report and its page, and two reports are compared', async () => {
    const [json, page] = [path.join(folder, 'a.json'), path.join(folder, 'a.html')];
    const options = ['--rate', '50', '--path', '/classify', '--body-template', '{"inputs": "<{{text}}>"}'];
    const { status, stdout } = await retort(...load(...options, '--out', json, '--html', page));
    expect({ status, failed: stdout.includes('; 0 failed') }).toEqual({ status: 0, failed: true });
    const report = reportSchema.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(report).toMatchObject({ kind: 'open-loop', url: `${url}/classify`, ended: 'complete' });
    expect(bodies.at(-1)).toMatch(/^\{"inputs":"<.+>"\}$/);
    expect(await readFile(page, 'utf8')).toContain('<svg');

    const compared = await retort('loadtest', 'compare', json, json, '--json');
    expect(compared.status).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({ a: json, b: json, warnings: [] });
    const table = await retort('loadtest', 'compare', json, json);
    expect(table.stdout).toContain('open loop, poisson arrivals');
    const ignored = await retort('loadtest', 'compare', json, json, '--out', page, '--fail-if', 'p99>1ms');
    expect(ignored).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/compare has no --(out|fail-if)/),
    });
  });

  test('is not begun when its report could not be written, and prints it where that goes wrong later', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const asked = bodies.length;
    const early = await retort(...load('--rate', '50', '--out', path.join(file, 'report.json')));
    expect(early).toMatchObject({ status: 1, stderr: expect.stringContaining('file_unwritable') });
    expect(bodies).toHaveLength(asked);

    const gone = path.join(folder, 'made', 'report.json');
    const run = start(...load('--rate', '50', '--duration', '2', '--out', gone, '--json'));
    await run.says('stderr', /measure 1/);
    await rm(path.dirname(gone), { recursive: true });
    const { status, stdout, stderr } = await run.ended;
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('file_unwritable') });
    expect(reportSchema.parse(JSON.parse(stdout)).ended).toBe('complete');
  });

  test('fails when a threshold is crossed, after its report', async () => {
    const { status, stdout, stderr } = await retort(...load('--rate', '50', '--fail-if', 'p99>0.001ms'));
    expect(status).toBe(1);
    expect(stdout).toContain('throughput');
    expect(stderr).toContain('loadtest_threshold_crossed');
  });

  test('fails when its rate is one that no machine reaches', async () => {
    const rate = ['--rate', '10000000', '--max-in-flight', '50'];
    const { status, stderr } = await retort(...load(...rate));
    expect(status).toBe(1);
    expect(stderr).toContain('loadtest_generator_late');
  });

  test('keeps what was measured at Ctrl-C, marks it, and exits with 130', async () => {
    const json = path.join(folder, 'interrupted.json');
    const run = start(...load('--rate', '50', '--duration', '60', '--out', json));
    await run.says('stderr', /measure 1/);
    run.child.kill('SIGINT');
    const { status, stdout } = await run.ended;
    expect(status).toBe(130);
    expect(stdout).toContain('interrupted');
    const report = reportSchema.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(report.ended).toBe('interrupted');
    expect(report.measured.outcomes.ok).toBeGreaterThan(10);
  });
});

describe('the search for a capacity', () => {
  const search = ['--find-capacity', '--duration', '1', '--max-lag', '60000', '--p99', '50'];

  test('keeps what was found at Ctrl-C', async () => {
    const searching = start('loadtest', url, ...search);
    await searching.says('stderr', /ok\/s/);
    searching.child.kill('SIGINT');
    expect(await searching.ended).toMatchObject({
      status: 130,
      stdout: expect.stringContaining('interrupted before a search was done'),
    });
  });

  test('writes its report when the server goes, and fails', async () => {
    const json = path.join(folder, 'gone.json');
    let asked = 0;
    const going = createServer((request, response) => {
      if (asked++ === 0) response.setHeader('content-type', 'application/json').end('{}');
      else request.socket.destroy();
    });
    await new Promise<void>((resolve) => going.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(going.address() as AddressInfo).port}`;
    const { status, stderr } = await retort('loadtest', target, ...search, '--out', json);
    going.close();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('loadtest_server_gone'),
    });
    const report = capacitySchema.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(report).toMatchObject({ ended: 'server-gone', searches: [], capacity: null });
  }, 30_000);
});

test.each([
  [['--rate', '5', '--connections', '2'], 'closed loop'],
  [['--rate', '5', '--stages', '1s:2'], 'rates of its own'],
  [['--find-capacity', '--rate', '5'], 'chooses the rates'],
  [['--find-capacity', '--fail-if', 'p99>5ms'], 'no --fail-if'],
  [['--find-capacity', '--warmup', '5'], 'its own --warmup'],
  [['--stages', '5'], 'loadtest_stages_invalid'],
  [['--p99', '20'], '--p99 is of --find-capacity'],
  [['--rate', '5', '--repeats', '2'], '--repeats is of --find-capacity'],
  [['--stages', '1s:2', '--duration', '5'], 'how long each is'],
  [['--connections', '2', '--max-lag', '5'], '--max-lag is of the open loop'],
  [['--arrivals', 'constant'], '--arrivals is of the open loop'],
  [['--header', 'Content-Length: 5'], 'content-length follows from the body'],
  [['--header', 'transfer-encoding: chunked'], 'transfer-encoding follows'],
  [['--header', 'x'], 'loadtest_header_invalid'],
  [['--header', 'x: y\r\nz: 1'], 'loadtest_header_invalid'],
  [['--fail-if', 'speed'], 'loadtest_threshold_invalid'],
  [['--body-template', '{}'], 'loadtest_template_invalid'],
  [['--path', 'classify'], 'slash'],
])('%j is refused with 2', async (options, complaint) => {
  const { status, stderr } = await retort('loadtest', url, ...options);
  expect(status).toBe(2);
  expect(stderr).toContain(complaint);
});

test('a report that is none is told', async () => {
  const missing = await retort('loadtest', 'compare', 'nowhere.json', 'nowhere.json');
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('load_report_missing')]);
  const malformed = await retort('loadtest', 'compare', 'package.json', 'package.json');
  expect([malformed.status, malformed.stderr]).toEqual([1, expect.stringContaining('load_report_malformed')]);
});
