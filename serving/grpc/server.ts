/** The gRPC edge: the Open Inference Protocol v2 and gRPC's own health service. */
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { fail } from '../../core/errors.js';
import { loadInferenceService, serviceName } from '../../core/protocol/inference-service.js';
import type { TlsFiles } from '../access/tls-files.js';
import type { EdgeContext } from '../edge-context.js';
import { serverReady } from '../inference/metadata.js';
import { methodsOf } from './methods.js';
import { unary } from './unary.js';

export interface GrpcOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: TlsFiles | null;
}

export interface RunningGrpc {
  readonly port: number;
  /** Calls that came and are not answered. */
  readonly openCalls: number;
  /** Takes no more calls; resolves when those that are open are answered. */
  stop(): Promise<void>;
  /** Breaks off what is still open. */
  end(): void;
}

/** Open calls of one connection. */
const concurrentStreams = 256;
/** A connection without calls is closed after this. */
const idleMs = 300_000;
const healthCheckMs = 500;

/** @throws RetortError address_unusable */
export async function startGrpc(edge: EdgeContext, { host, port, tls }: GrpcOptions): Promise<RunningGrpc> {
  const { limits } = edge.serving;
  const server = new Server({
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_concurrent_streams': concurrentStreams,
    'grpc.max_connection_idle_ms': idleMs,
  });
  let openCalls = 0;
  const counted =
    (handle: handleUnaryCall<unknown, object>): handleUnaryCall<unknown, object> =>
    (call, callback) => {
      openCalls += 1;
      handle(call, (...answer) => {
        openCalls -= 1;
        callback(...answer);
      });
    };
  const methods = Object.entries(methodsOf(edge.serving));
  server.addService(
    loadInferenceService(),
    Object.fromEntries(methods.map(([name, method]) => [name, counted(unary(edge, name, method))])),
  );
  const health = new HealthImplementation();
  health.addToServer(server);
  const refresh = () => {
    const status = serverReady(edge.serving) ? 'SERVING' : 'NOT_SERVING';
    for (const service of ['', serviceName]) health.setStatus(service, status);
  };
  refresh();
  const timer = setInterval(refresh, healthCheckMs).unref();
  const bound = await bind(server, host, port, tls);
  return {
    port: bound,
    get openCalls() {
      return openCalls;
    },
    stop() {
      refresh();
      clearInterval(timer);
      return new Promise((resolve) => {
        server.tryShutdown(() => {
          resolve();
        });
      });
    },
    end() {
      server.forceShutdown();
    },
  };
}

function bind(server: Server, host: string, port: number, tls: TlsFiles | null): Promise<number> {
  const credentials =
    tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: tls.options.cert, private_key: tls.options.key }]);
  return new Promise((resolve, reject) => {
    server.bindAsync(
      `${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
      credentials,
      (error, bound) => {
        if (error === null) resolve(bound);
        else reject(fail('address_unusable', { host, port, reason: error.message }, error));
      },
    );
  });
}
