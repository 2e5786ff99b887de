/** A running server: listens at once, is ready when its models are loaded and warm, drains when it is told to stop. */
import { createServer, type Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fail } from '../core/errors.js';
import { Sampler } from './comparison/sampler.js';
import { createApp } from './http/app.js';
import type { Limits, ServingContext } from './inference/context.js';
import { Metrics } from './metrics.js';
import { ModelRegistry } from './model-registry.js';

export interface ServerOptions {
  readonly repository: string;
  /** Names of the models that are loaded, the first being the default; null for all. */
  readonly models: readonly string[] | null;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Worker threads a model; null for as many as the CPU quota gives. */
  readonly workers: number | null;
  readonly intraOpThreads: number;
  readonly queueCapacity: number;
  /** Texts that a worker takes at once. */
  readonly largestBatch: number;
  readonly limits: Limits;
  /** Share of single texts that are run again, static and eager, after they are answered. */
  readonly compareEager: number;
  /** How long a drain may take. */
  readonly drainMs: number;
  readonly logger: Logger;
}

export interface RunningServer {
  readonly url: string;
  /** Resolves when the repository is loaded: true when a model of it serves. Rejects with repository_missing, model_missing. */
  readonly loaded: Promise<boolean>;
  /** Stops taking requests, answers what is in flight, and ends. */
  close(): Promise<void>;
}

/** A client gets this long to send its headers, and its whole request. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveTimeoutMs = 65_000;

/** @throws RetortError port_in_use, address_unusable */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { logger, limits, compareEager, repository, intraOpThreads, queueCapacity, largestBatch } = options;
  const workers = options.workers ?? (await cpuQuota());
  const metrics: Metrics = new Metrics(() => registry.queueDepth);
  const registry: ModelRegistry = new ModelRegistry({
    repository,
    names: options.models,
    workers,
    intraOpThreads,
    queueCapacity,
    largestBatch,
    logger,
    metrics,
  });
  const sampler =
    compareEager > 0 ? new Sampler({ share: compareEager, metrics, logger, random: Math.random }) : null;
  const context: ServingContext = {
    registry,
    metrics,
    limits,
    logger,
    draining: false,
    onAnswered:
      sampler === null
        ? null
        : (model, text) => {
            sampler.offer(model.folder, text);
          },
  };
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
    },
    createApp(context),
  );
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const loaded = registry.load().then(() => registry.ready);
  return {
    url: `http://${options.host}:${String(port)}`,
    loaded,
    async close() {
      context.draining = true;
      await loaded.catch(() => undefined);
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const deadline = performance.now() + options.drainMs;
      while (registry.openRequests > 0 && performance.now() < deadline) await sleep(10);
      await registry.close();
      await sampler?.close();
      // Answers that were just written go out before their connections end.
      server.closeIdleConnections();
      await Promise.race([closed, sleep(500)]);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
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

/** Whole cores that the control group grants; the machine's where there is no quota. */
export async function cpuQuota(file = '/sys/fs/cgroup/cpu.max'): Promise<number> {
  const [quota = 'max', period = '100000'] = (await readFile(file, 'utf8').catch(() => 'max'))
    .trim()
    .split(' ');
  const cores = availableParallelism();
  return quota === 'max' ? cores : Math.max(1, Math.min(cores, Math.floor(Number(quota) / Number(period))));
}
