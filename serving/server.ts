/** A running server: listens at once, is ready when its models are loaded and warm, drains when it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiKeys } from './access/api-keys.js';
import { Cascade } from './cascade/cascade.js';
import { systemClock } from './clock.js';
import { OnDemandComparison } from './comparison/on-demand.js';
import { Sampler } from './comparison/sampler.js';
import type { ServeConfig } from './config.js';
import { startEdges } from './edges.js';
import type { ServingContext } from './inference/context.js';
import { InferenceService } from './inference/service.js';
import { runSettings } from './life-cycle/run-settings.js';
import { watchRepository } from './life-cycle/watch.js';
import { LoadReports } from './load-reports.js';
import { Metrics } from './metrics.js';
import { readModelGauges } from './metrics/read-model-gauges.js';
import { type DrawGraphs, ModelGraphs } from './model-graphs.js';
import { ModelRegistry } from './model-registry.js';
import { watchEventLoop } from './observe/event-loop-delay.js';
import { ResultCache } from './result-cache.js';
import type { SpareProcess } from './workers/channel.js';
import { Shadow } from './shadow/shadow.js';

export interface ServerOptions {
  readonly config: ServeConfig;
  /** Null where the server is open to all. */
  readonly apiKeys: ApiKeys | null;
  readonly logger: Logger;
  /** A worker process that was started ahead of time. */
  readonly spare?: SpareProcess | null;
  /** Null where the page draws no graph. */
  readonly drawGraphs?: DrawGraphs | null;
}

export interface RunningServer {
  readonly url: string;
  /** `host:port` of gRPC; null where it is off. */
  readonly grpcAddress: string | null;
  /** Resolves when the repository is loaded: true when a model of it serves. Rejects with repository_missing, model_missing. */
  readonly loaded: Promise<boolean>;
  /** Ends loads that are under way, stops taking requests, answers what is in flight, and ends. */
  close(): Promise<void>;
}

/** @throws RetortError port_in_use, address_unusable, tls_invalid */
export async function startServer({
  config,
  apiKeys,
  logger,
  spare = null,
  drawGraphs = null,
}: ServerOptions): Promise<RunningServer> {
  const { limits, lifeCycle } = config;
  const clock = systemClock;
  const metrics: Metrics = new Metrics(() => readModelGauges(registry));
  const registry: ModelRegistry = new ModelRegistry({
    repository: config.repository,
    models:
      config.models?.map(({ name, version = null, canary = null }) => ({ name, version, canary })) ?? null,
    settingsOf: (name) => runSettings(config, name),
    drainMs: lifeCycle.drainMs,
    spare,
    clock,
    logger,
    metrics,
  });
  const sampler =
    config.compare.share > 0
      ? new Sampler({ share: config.compare.share, metrics, logger, random: Math.random })
      : null;
  const beside = (teacher: string) => ({
    ...{ clock, metrics, logger },
    // The shadow, which has no request, looks at the stable version.
    teacherModel: (requestId?: string) =>
      registry.find(teacher, requestId === undefined ? 'stable' : undefined, requestId),
  });
  const inference = new InferenceService({
    registry,
    metrics,
    cache: config.cache.megabytes > 0 ? new ResultCache(config.cache.megabytes * 2 ** 20) : null,
    cascade:
      config.cascade === null ? null : new Cascade({ ...config.cascade, ...beside(config.cascade.teacher) }),
    shadow:
      config.shadow === null
        ? null
        : new Shadow({ ...config.shadow, ...beside(config.shadow.teacher), random: Math.random }),
    explainRuns: config.explain.runs,
    onAnswered:
      sampler === null
        ? null
        : (model, text) => {
            // Figures are by name: those of a canary would stand among the stable version's.
            if (registry.models.includes(model)) sampler.offer(model, text);
          },
  });
  const onDemand = new OnDemandComparison();
  const context: ServingContext = {
    registry,
    inference,
    metrics,
    limits,
    logger,
    sampler,
    onDemand,
    loadReports: new LoadReports(config.reports),
    graphs: new ModelGraphs(drawGraphs),
    draining: false,
    refusing: false,
  };
  const { host, port, edge } = config;
  const edges = await startEdges(context, { host, port, config: edge, apiKeys, logger });
  const stopWatchingLoop = watchEventLoop(clock, (delayMs) => {
    metrics.process.eventLoopDelay.observe(delayMs / 1000);
  });
  const loaded = registry.load().then(() => registry.models.length > 0);
  const stopWatching =
    lifeCycle.pollSeconds > 0 ? watchRepository(registry, loaded, lifeCycle.pollSeconds * 1000, clock) : null;
  return {
    url: edges.url,
    grpcAddress: edges.grpcAddress,
    loaded,
    async close() {
      context.draining = true;
      registry.stopLoading();
      const watched = stopWatching?.();
      await sleep(lifeCycle.graceMs);
      context.refusing = true;
      edges.stopListening();
      const deadline = clock.now() + lifeCycle.drainMs;
      while (registry.openRequests + edges.openExchanges > 0 && clock.now() < deadline) await sleep(10);
      await registry.close();
      await watched;
      await sampler?.close();
      await onDemand.close();
      await edges.end();
      stopWatchingLoop();
    },
  };
}
