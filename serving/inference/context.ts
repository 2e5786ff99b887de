/** What requests are answered with, whatever edge they come through. */
import type { Logger } from 'pino';
import type { OnDemandComparison } from '../comparison/on-demand.js';
import type { Sampler } from '../comparison/sampler.js';
import type { LoadReports } from '../load-reports.js';
import type { ModelGraphs } from '../model-graphs.js';
import type { Metrics } from '../metrics.js';
import type { ModelRegistry } from '../model-registry.js';
import type { InferenceService } from './service.js';

export interface Limits {
  readonly bodyBytes: number;
  readonly textCharacters: number;
  readonly textsPerRequest: number;
  readonly deadlineMs: number;
}

export interface ServingContext {
  readonly registry: ModelRegistry;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly inference: InferenceService;
  /** The live comparison; null where it is off. */
  readonly sampler: Pick<Sampler, 'summaryOf' | 'summaries'> | null;
  /** Compares when it is asked to. */
  readonly onDemand: OnDemandComparison;
  readonly loadReports: LoadReports;
  readonly graphs: ModelGraphs;
  /** Not ready any more. */
  draining: boolean;
  /** Takes no more work. */
  refusing: boolean;
}
