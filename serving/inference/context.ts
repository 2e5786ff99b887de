/** What requests are answered with, whatever edge they come through. */
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.js';
import type { ModelRegistry, ServedModel } from '../model-registry.js';

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
  /** Called with every text that was answered alone; comparison samples from these. */
  readonly onAnswered: ((model: ServedModel, text: string) => void) | null;
  draining: boolean;
}
