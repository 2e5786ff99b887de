import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { checkAnswers, targetOf } from '../../loadtest/target.js';

const limit = { timeoutMs: 10_000 };

describe('the target', () => {
  it.each(['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:8080', 'https://127.1.2.3/'])(
    'is the prediction route of %s',
    (url) => {
      expect(targetOf(url).pathname).toBe('/v1/predict');
    },
  );

  it('keeps a path of its own', () => {
    expect(targetOf('http://127.0.0.1:8080/predict').href).toBe('http://127.0.0.1:8080/predict');
  });

  it.each(['http://192.0.2.1:80', 'http://example.com', 'http://127.0.0.1.example.com', 'http://0.0.0.0:80'])(
    'is not %s, unless that host is named',
    (url) => {
      expect(() => targetOf(url)).toThrow(expect.objectContaining({ code: 'loadtest_host_refused' }));
      expect(targetOf(url, [new URL(url).hostname]).hostname).toBe(new URL(url).hostname);
    },
  );

  it('is not another host by way of its path', () => {
    const url = 'http://127.0.0.1:8080';
    expect(targetOf(url, [], '/classify').href).toBe(`${url}/classify`);
    expect(() => targetOf(url, [], '//192.0.2.1/x')).toThrow(
      expect.objectContaining({ code: 'loadtest_host_refused' }),
    );
  });

  it('is a model, over gRPC', () => {
    expect(targetOf('grpc://127.0.0.1:8081/student').pathname).toBe('/student');
    expect(() => targetOf('grpc://192.0.2.1/student')).toThrow(
      expect.objectContaining({ code: 'loadtest_host_refused' }),
    );
  });

  it.each(['grpc://127.0.0.1:8081', '', '127.0.0.1:8080', 'ftp://127.0.0.1', 'nonsense'])(
    'is not "%s"',
    (url) => {
      expect(() => targetOf(url)).toThrow(expect.objectContaining({ code: 'loadtest_url_invalid' }));
    },
  );
});

describe('the check before the load', () => {
  async function withServer(
    status: number,
    check: (target: URL) => Promise<void>,
    body = '{}',
  ): Promise<void> {
    const server = createServer((request, response) => {
      request.resume();
      response.statusCode = status;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await check(targetOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it.each([200, 429, 503])('accepts a server that answers %i', async (status) => {
    await withServer(status, (target) => checkAnswers(target, '{}', limit));
  });

  it.each([301, 400, 404, 405])('refuses a route that answers %i', async (status) => {
    await withServer(status, async (target) => {
      await expect(checkAnswers(target, '{}', limit)).rejects.toMatchObject({ code: 'loadtest_route_wrong' });
    });
  });

  it('refuses a page', async () => {
    const check = async (target: URL) => {
      await expect(checkAnswers(target, '{}', limit)).rejects.toMatchObject({
        code: 'loadtest_answer_not_json',
      });
    };
    await withServer(200, check, '<html></html>');
  });

  it('waits as long as a request may take, and no longer', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = targetOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      await expect(checkAnswers(target, '{}', { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'loadtest_unreachable',
        message: expect.stringContaining('no answer in 0.05 s'),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('names the reason when what answers is not HTTP', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined).write('SSH-2.0-x\r\n', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const target = targetOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await expect(checkAnswers(target, '{}', limit)).rejects.toMatchObject({ code: 'loadtest_unreachable' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('names the reason when nothing answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(checkAnswers(targetOf(`http://127.0.0.1:${port}`), '{}', limit)).rejects.toMatchObject({
      code: 'loadtest_unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
