import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runClosedLoop, type ClosedLoopOptions } from '../../loadtest/closed-loop.js';
import { closedLoopClientNames, closedLoopClients } from '../../loadtest/closed-loop-clients.js';
import { runResultSchema } from '../../loadtest/measurement.js';
import { failures, offered } from '../../loadtest/outcome.js';
import { reviews } from '../../loadtest/reviews.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ server: Server; target: URL }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, target: new URL(`http://127.0.0.1:${port}/v1/predict`) };
}

/** Answers each request with the next status of a cycle, and keeps the bodies that came. */
function cycle(statuses: readonly number[], bodies: string[] = []): RequestListener {
  let next = 0;
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.statusCode = statuses[next++ % statuses.length]!;
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  };
}

const options = (target: URL, changes: Partial<ClosedLoopOptions> = {}): ClosedLoopOptions => ({
  target,
  headers: { 'x-asked-by': 'test' },
  bodies: reviews.map((text) => JSON.stringify({ text })),
  connections: 3,
  durationSeconds: 1,
  warmupSeconds: 0,
  ...changes,
});

describe.each(closedLoopClientNames)('the closed loop of %s', (name) => {
  const run = closedLoopClients[name];

  it('counts answers by status and times only those that succeeded', async () => {
    const { target } = await serve(cycle([200, 429, 200, 503]));
    const result = await run(options(target));
    expect(runResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    const { outcomes, latencyMs, windows } = result.measured;
    expect(Object.keys(outcomes).sort()).toEqual(['429', '503', 'ok']);
    expect(failures(outcomes)).toBe(outcomes['429']! + outcomes['503']!);
    expect(windows.reduce((sum, window) => sum + offered(window.outcomes), 0)).toBe(offered(outcomes));
    expect(result.ended).toBe('complete');
    const { p50, p99, max } = latencyMs!;
    expect(p50 > 0 && p50 <= p99 && p99 <= max).toBe(true);
  });

  it('sends every text, each as one JSON body', async () => {
    const bodies: string[] = [];
    const { target } = await serve(cycle([200], bodies));
    await run(options(target));
    const sent = new Set(bodies.map((body) => (JSON.parse(body) as { text: string }).text));
    expect([...sent].sort()).toEqual([...new Set(reviews)].sort());
  });

  it('has no latency when nothing succeeded', async () => {
    const { target } = await serve(cycle([503]));
    const { measured } = await run(options(target));
    expect(measured.latencyMs).toBeNull();
    expect(measured.outcomes.ok).toBeUndefined();
  });

  it('counts requests whose connection was cut within the answer', async () => {
    let seen = 0;
    const answer = cycle([200]);
    const { target } = await serve((request, response) => {
      if (seen++ % 10 === 9) response.write('{', () => request.socket.destroy());
      else answer(request, response);
    });
    const { outcomes } = (await run(options(target))).measured;
    expect(outcomes.connection).toBeGreaterThan(0);
    expect(outcomes.ok).toBeGreaterThan(outcomes.connection!);
  });

  it('stops when the server goes away', async () => {
    const { server, target } = await serve((request, response) => {
      cycle([200])(request, response);
      server.closeAllConnections();
      server.close();
    });
    const report = await run(options(target, { durationSeconds: 20 }));
    expect(report.ended).toBe('server-gone');
  });

  it('goes on when the server is back within two seconds', async () => {
    const { server, target } = await serve(cycle([200]));
    const port = Number(target.port);
    setTimeout(() => {
      server.close();
      server.closeAllConnections();
    }, 500);
    setTimeout(() => {
      const again = createServer(cycle([200]));
      servers.push(again);
      again.listen(port, '127.0.0.1');
    }, 1000);
    const { measured, ended } = await run(options(target, { durationSeconds: 3 }));
    expect(ended).toBe('complete');
    expect(measured.windows[2]!.outcomes.ok).toBeGreaterThan(0);
    expect(failures(measured.outcomes)).toBeGreaterThan(0);
  });

  it('keeps what was measured when it is interrupted', async () => {
    const interruption = new AbortController();
    const answer = cycle([200]);
    let seen = 0;
    const { target } = await serve((request, response) => {
      answer(request, response);
      if (++seen === 50) interruption.abort();
    });
    const report = await run(options(target, { durationSeconds: 20, signal: interruption.signal }));
    expect(report.ended).toBe('interrupted');
    expect(report.measured.outcomes.ok).toBeGreaterThanOrEqual(40);
  });

  it('leaves the warm-up out', async () => {
    const interruption = new AbortController();
    const { target } = await serve(cycle([200]));
    const phases: string[] = [];
    const report = await run(
      options(target, {
        warmupSeconds: 20,
        signal: interruption.signal,
        onProgress: ({ phase }) => {
          phases.push(phase);
          if (phase === 'warm-up') interruption.abort();
        },
      }),
    );
    expect(phases).not.toContain('measure');
    expect(offered(report.measured.outcomes)).toBe(0);
  });
});

it('measures on the connections that were warmed, so that none is set up meanwhile', async () => {
  const { server, target } = await serve(cycle([200]));
  let opened = 0;
  server.on('connection', () => opened++);
  const { measured } = await runClosedLoop(options(target, { warmupSeconds: 0.2 }));
  expect(opened).toBe(3);
  expect(measured.connectionsOpened).toBe(3);
  expect(measured.durationSeconds).toBe(1);
});
