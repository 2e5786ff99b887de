/** Servers that misbehave, each in its way. */
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpSender } from '../../../loadtest/http/http-sender.js';
import type { Outcome } from '../../../loadtest/outcome.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/predict?a=b`;
}

/** Hands each request, a chunk here, to `answer`. */
function raw(answer: (socket: Socket, request: string) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      answer(socket, chunk.toString());
    });
    closers.push(() => socket.destroy());
  });
  return listen(server);
}

function open(url: string, timeoutMs = 5000, headers: Record<string, string> = { 'x-a': 'b' }): HttpSender {
  const sender = new HttpSender({ url, headers, bodies: ['{"text":"好"}'], timeoutMs });
  closers.push(() => {
    sender.close();
  });
  return sender;
}

const send = (sender: HttpSender) => new Promise<Outcome>((resolve) => sender.send(0, resolve));
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

describe('the HTTP sender', () => {
  it('sends what was asked for, and uses its connections again', async () => {
    const seen: string[] = [];
    const url = await raw((socket, request) => {
      seen.push(request);
      socket.write(ok);
    });
    const sender = open(url);
    for (let i = 0; i < 5; i++) expect(await send(sender)).toBe('ok');
    expect(sender.connectionsOpened).toBe(1);
    expect(seen[0]).toMatch(/^POST \/v1\/predict\?a=b HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/);
    expect(seen[0]).toContain('\r\nx-a: b\r\ncontent-length: 14\r\n\r\n{"text":"好"}');
    expect(await Promise.all([send(sender), send(sender)])).toEqual(['ok', 'ok']);
    expect(sender.connectionsOpened).toBe(2);
  });

  it('has one host, which may be given', async () => {
    const seen: string[] = [];
    const url = await raw((socket, request) => {
      seen.push(request);
      socket.write(ok);
    });
    await send(open(url, 5000, { host: 'named.example' }));
    expect(seen[0]?.match(/^host:.*$/gim)).toEqual(['host: named.example']);
  });

  it('understands what Node itself answers', async () => {
    const server = createHttp((request, response) => {
      request.resume();
      response.writeHead(429, { 'content-type': 'application/json' });
      response.write('{"error":');
      response.end('"full"}');
    });
    const sender = open(await listen(server));
    expect(await send(sender)).toBe('429');
    expect(await send(sender)).toBe('429');
    expect(sender.connectionsOpened).toBe(1);
  });

  it('has the connection free when it tells of the answer', async () => {
    const sender = open(await raw((socket) => socket.write(ok)));
    const outcomes = await new Promise<Outcome[]>((resolve) => {
      sender.send(0, (first) => {
        sender.send(0, (second) => {
          resolve([first, second]);
        });
      });
    });
    expect(outcomes).toEqual(['ok', 'ok']);
    expect(sender.connectionsOpened).toBe(1);
  });

  it('opens another connection when the server closes each', async () => {
    const url = await raw((socket) => socket.end(ok.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')));
    const sender = open(url);
    expect([await send(sender), await send(sender)]).toEqual(['ok', 'ok']);
    expect(sender.connectionsOpened).toBe(2);
  });

  it('sends again what met a kept connection as the server closed it, and only that', async () => {
    let requests = 0;
    const url = await raw((socket) => {
      requests++;
      if (requests === 2) socket.destroy();
      else socket.write(ok);
    });
    const sender = open(url);
    expect([await send(sender), await send(sender)]).toEqual(['ok', 'ok']);
    expect(requests).toBe(3);
  });

  it('sends nothing again once it is closed', async () => {
    let requests = 0;
    let sender: HttpSender | null = null;
    const url = await raw((socket) => {
      requests++;
      if (requests === 1) socket.write(ok);
      else sender?.close();
    });
    sender = open(url);
    expect([await send(sender), await send(sender)]).toEqual(['ok', 'connection']);
    expect([requests, sender.connectionsOpened]).toEqual([2, 1]);
  });

  it.each<[Outcome, string, (socket: Socket) => void]>([
    ['connection', 'resets', (socket) => socket.resetAndDestroy()],
    ['connection', 'closes without an answer', (socket) => socket.end()],
    ['connection', 'breaks off', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
    ['malformed', 'speaks another protocol', (socket) => socket.write('220 smtp ready\r\n')],
    ['timeout', 'hangs', () => undefined],
    ['timeout', 'hangs within its answer', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le')],
  ])('tells %s of a server that %s', async (outcome, _what, answer) => {
    const sender = open(await raw(answer), 100);
    expect(await send(sender)).toBe(outcome);
    expect(await send(sender)).toBe(outcome);
  });

  it('tells connection of a server that is not there', async () => {
    const server = createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await send(open(url))).toBe('connection');
  });
});
