/** Tells the metrics, the log and the trace of every answered request. */
import type { Logger } from 'pino';
import type { RetortError } from '../../core/errors.js';
import type { Metrics } from '../metrics.js';
import type { RequestRecord } from './request-record.js';

export interface Tracing {
  record(record: RequestRecord, endMs: number): void;
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}

export interface ObserverOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Null where no traces are wanted. */
  readonly tracing: Tracing | null;
  readonly logTexts: boolean;
}

export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  answered(record: RequestRecord): void {
    const { metrics, tracing } = this.#options;
    const endMs = performance.now();
    const { route, status, timeline, error } = record;
    metrics.request(route, status);
    if (error === null && timeline.stages.some(({ stage }) => stage === 'infer')) {
      for (const { stage, startMs, endMs: stageEndMs } of timeline.stages)
        metrics.stage(stage, stageEndMs - startMs);
      metrics.stage('total', endMs - timeline.startedMs);
    }
    this.#log(record, endMs - timeline.startedMs);
    tracing?.record(record, endMs);
  }

  #log(record: RequestRecord, ms: number): void {
    const { logger, logTexts } = this.#options;
    const { requestId, protocol, method, route, status, client, key, trace, fields, error } = record;
    const level = error?.kind === 'internal' ? 'error' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    const { model, version, items, texts } = fields;
    // Pino leaves out what is undefined.
    const line = {
      requestId,
      protocol,
      method,
      route,
      status,
      client,
      key,
      model,
      version,
      items,
      texts: logTexts ? texts : undefined,
      traceparent: trace.traceparent,
      ms: Math.round(ms * 100) / 100,
    };
    if (error === null) logger.info(line, 'answered');
    else logger[level]({ ...line, code: error.code, ...causeOf(error) }, error.message);
  }
}

/** A bug's stack is for the log alone. */
function causeOf({ kind, cause }: RetortError): { cause?: string | undefined } {
  return kind === 'internal' && cause instanceof Error ? { cause: cause.stack } : {};
}
