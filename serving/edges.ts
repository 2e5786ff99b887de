/** A server's edges, HTTP and where it is wanted gRPC, started and ended together. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { fail } from '../core/errors.js';
import type { ApiKeys } from './access/api-keys.js';
import { TlsFiles } from './access/tls-files.js';
import type { EdgeConfig } from './edge-config.js';
import type { EdgeContext } from './edge-context.js';
import { createHttpServer } from './http/server.js';
import type { ServingContext } from './inference/context.js';
import { Observer, type Tracing } from './observe/observer.js';

export interface EdgesOptions {
  readonly host: string;
  readonly port: number;
  readonly config: EdgeConfig;
  readonly apiKeys: ApiKeys | null;
  readonly logger: Logger;
}

export interface Edges {
  readonly url: string;
  /** `host:port` of gRPC; null where it is off. */
  readonly grpcAddress: string | null;
  /** Requests that came and are not answered whole. */
  readonly openExchanges: number;
  /** No new connections; idle ones end. What is open goes on until `end`. */
  stopListening(): void;
  /** Ends what is still open, after answers that were just written have gone out. */
  end(): Promise<void>;
}

/** How long written answers may take to go out. */
const farewellMs = 500;

/** @throws RetortError port_in_use, address_unusable, tls_invalid */
export async function startEdges(serving: ServingContext, options: EdgesOptions): Promise<Edges> {
  const { host, config, apiKeys: keys, logger } = options;
  const tls = config.tls === null ? null : new TlsFiles(config.tls, logger);
  const tracing = await tracingOf(config);
  const observer = new Observer({ metrics: serving.metrics, logger, tracing, logTexts: config.logTexts });
  const edge: EdgeContext = { serving, observer, keys };
  const server = createHttpServer(edge, config, tls);
  let openResponses = 0;
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    openResponses += 1;
    response.once('close', () => {
      openResponses -= 1;
    });
  });
  await listen(server, options);
  const grpc = await grpcOf(edge, host, config, tls).catch((error: unknown) => {
    server.close();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  let closed: Promise<unknown> = Promise.resolve();
  return {
    url: `${tls === null ? 'http' : 'https'}://${host}:${String(port)}`,
    grpcAddress: grpc === null ? null : `${host}:${String(grpc.port)}`,
    get openExchanges() {
      return openResponses + (grpc?.openCalls ?? 0);
    },
    stopListening() {
      const httpClosed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      closed = Promise.all([httpClosed, grpc?.stop()]);
      server.closeIdleConnections();
    },
    async end() {
      server.closeIdleConnections();
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, farewellMs))]);
      server.closeAllConnections();
      grpc?.end();
      tls?.close();
      await closed;
      await tracing?.close();
    },
  };
}

/** Traces are wanted where a collector is named, here or by OpenTelemetry's own variables. */
async function tracingOf({ otlpEndpoint }: EdgeConfig): Promise<Tracing | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: common, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = process.env;
  if (otlpEndpoint === null && common === undefined && own === undefined) return null;
  const { startTracing } = await import('./observe/tracing.js');
  return startTracing(otlpEndpoint);
}

async function grpcOf(edge: EdgeContext, host: string, { grpcPort }: EdgeConfig, tls: TlsFiles | null) {
  if (grpcPort === null) return null;
  const { startGrpc } = await import('./grpc/server.js');
  return startGrpc(edge, { host, port: grpcPort, tls });
}

async function listen(server: Server, { host, port }: EdgesOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? fail('port_in_use', { host, port }, error)
          : fail('address_unusable', { host, port, reason: error.message }, error),
      );
    });
    server.listen(port, host, resolve);
  });
}
