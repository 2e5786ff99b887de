/** Node's HTTP server around the edge: limits on connections and time, and answers to what is no HTTP. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { fail, type RetortError } from '../../core/errors.js';
import { type EdgeConfig, longestTimerMs } from '../edge-config.js';
import type { TlsFiles } from '../access/tls-files.js';
import type { EdgeContext } from '../edge-context.js';
import { createEdge } from './edge.js';
import { errorReply } from './error-reply.js';
import { requestIdOf } from '../request-id.js';

/** How often connections are looked at for having taken too long. */
const timeoutCheckMs = 1000;
/** Of a request's line and headers together. */
const largestHeaderBytes = 16 * 1024;

export function createHttpServer(edge: EdgeContext, config: EdgeConfig, tls: TlsFiles | null): Server {
  const options = {
    keepAliveTimeout: config.keepAliveTimeoutMs,
    headersTimeout: config.headersTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    maxHeaderSize: largestHeaderBytes,
    noDelay: true,
    // The edge refuses what has none itself, in the shape of all errors.
    requireHostHeader: false,
  };
  const listener = createEdge(edge, { corsOrigins: config.corsOrigins, isEncrypted: tls !== null });
  const server =
    tls === null
      ? createServer(options, listener)
      : tls.follow(createTlsServer({ ...options, ...tls.options }, listener));
  server.maxConnections = config.maxConnections;
  // A client that reads its answer too slowly, or that sends nothing after it has connected, holds no socket.
  server.setTimeout(idleTimeoutMs(edge, config), (socket) => socket.destroy());
  server.on('clientError', refuseConnection);
  server.on('checkExpectation', (request, response) => {
    response.shouldKeepAlive = false;
    listener(request, response);
  });
  return server;
}

/** Longer than any request may take, as far as a timer goes. */
function idleTimeoutMs(
  { serving }: EdgeContext,
  { requestTimeoutMs, keepAliveTimeoutMs }: EdgeConfig,
): number {
  const longestMs = Math.max(serving.limits.deadlineMs + requestTimeoutMs, keepAliveTimeoutMs);
  return Math.min(longestMs + timeoutCheckMs, longestTimerMs);
}

/** Answers what cannot be parsed as HTTP, as far as the socket takes an answer, and closes it. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = requestIdOf(undefined);
  const { status = 400, headers, body } = errorReply(clientErrorOf(error.code), '', requestId);
  const bytes = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${String(status)} ${reasonPhrases[status] ?? 'Bad Request'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(bytes))}`,
    `X-Request-Id: ${requestId}`,
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${bytes}`, () => socket.destroy());
}

const reasonPhrases: Readonly<Partial<Record<number, string>>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function clientErrorOf(code: string | undefined): RetortError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return fail('headers_too_large', {});
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return fail('request_too_slow', {});
    default:
      return fail('http_malformed', {});
  }
}
