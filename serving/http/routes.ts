/** Every route; a new one is a file beside the others and a line here. */
import type { Route } from './route.js';
import { comparison } from './routes/compare.js';
import { graphs } from './routes/graphs.js';
import { health } from './routes/health.js';
import { loadReports } from './routes/load-reports.js';
import { metrics } from './routes/metrics.js';
import { modelFile, models } from './routes/models.js';
import { openApi } from './routes/openapi.js';
import { operations } from './routes/operate.js';
import { predict } from './routes/predict.js';
import { tokenize } from './routes/tokenize.js';
import { infer } from './routes/v2-infer.js';
import { metadata } from './routes/v2-metadata.js';
import { repository } from './routes/v2-repository.js';

/** Those whose cost counts. */
export const inferenceRoutes: readonly Route[] = [predict, infer];

const described: readonly Route[] = [
  ...inferenceRoutes,
  tokenize,
  models,
  modelFile,
  graphs,
  ...operations,
  ...metadata,
  ...health,
  ...repository,
  metrics,
  ...comparison,
  ...loadReports,
];

export const routes: readonly Route[] = [...described, openApi(described)];
