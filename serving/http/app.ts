/** The HTTP edge: the routes, and errors in one shape. */
import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { z } from 'zod';
import { fail, type RetortError, toRetortError } from '../../core/errors.js';
import type { Limits, ServingContext } from '../inference/context.js';
import type { Route } from './route.js';
import { browserRuntime, page } from './page.js';
import { live, ready } from './routes/health.js';
import { compare } from './routes/compare.js';
import { metrics } from './routes/metrics.js';
import { modelFile, models } from './routes/models.js';
import { predict } from './routes/predict.js';
import { infer } from './routes/v2-infer.js';
import { modelMetadata, modelReady, serverMetadata } from './routes/v2-metadata.js';
import { statusOf } from './status.js';

const routes: readonly Route[] = [
  predict,
  models,
  modelFile,
  infer,
  serverMetadata,
  modelMetadata,
  modelReady,
  live,
  ready,
  metrics,
  compare,
];

export function createApp(context: ServingContext): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(identify);
  const json = express.json({ limit: context.limits.bodyBytes, strict: false, type: () => true });
  for (const route of routes) {
    const handle: RequestHandler = async (request, response) => {
      response.once('finish', () => {
        context.metrics.request(route.path, response.statusCode);
      });
      await route.handle(context, request, response);
    };
    if (route.method === 'post') app.post(route.path, requireJson, json, handle);
    else app.get(route.path, handle);
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    app.all(path, (request, response) => {
      const allowed = routes
        .filter((route) => route.path === path)
        .map((route) => route.method.toUpperCase());
      response.set('Allow', allowed.join(', '));
      throw fail('method_not_allowed', {
        method: request.method,
        path: request.path,
        allowed: allowed.join(', '),
      });
    });
  }
  app.use('/runtime', browserRuntime());
  app.use(page());
  app.use((request) => {
    throw fail('route_unknown', { method: request.method, path: request.path });
  });
  app.use(answerError(context));
  return app;
}

/** Every answer names its request, by the client's own name for it where it has one. */
const identify: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  response.set(
    'x-request-id',
    given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID(),
  );
  next();
};

const requireJson: RequestHandler = (request, _response, next) => {
  const type = request.get('content-type');
  if (type !== undefined && request.is('application/json') === false)
    throw fail('body_unsupported', { type });
  next();
};

function answerError({ limits, logger, metrics: counters }: ServingContext): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request: Request, response: Response, _next) => {
    if (response.headersSent || response.destroyed) return;
    const error = asRetortError(thrown, limits);
    const status = statusOf[error.kind];
    const requestId = response.get('x-request-id') ?? '';
    if (error.kind === 'internal')
      logger.error({ requestId, code: error.code, cause: causeOf(error) }, error.message);
    else if (status >= 500) logger.warn({ requestId, code: error.code }, error.message);
    if (error.kind === 'overloaded') response.set('Retry-After', String(error.details.seconds ?? 1));
    if (!isRouted(request)) counters.request('none', status);
    response.status(status).json(errorBody(error, request, requestId));
  };
}

/** The protocol wants `error` to be a string; everywhere else it is an object. */
function errorBody(error: RetortError, request: Request, requestId: string): unknown {
  const { code, message, hint } = error.toJSON();
  if (request.path.startsWith('/v2')) return { error: message, code, hint, request_id: requestId };
  return { error: { code, message, hint, request_id: requestId } };
}

/** Whether the answer is counted under its route already. */
function isRouted(request: Request): boolean {
  const { route } = request as { route?: { path?: unknown } };
  return routes.some(({ path, method }) => path === route?.path && method === request.method.toLowerCase());
}

const parserErrorSchema = z.looseObject({ type: z.string(), message: z.string() });

/** What express's body parser throws, under Retort's own names. */
function asRetortError(thrown: unknown, { bodyBytes }: Limits): RetortError {
  const parsed = parserErrorSchema.safeParse(thrown);
  if (!parsed.success) return toRetortError(thrown);
  const { type, message } = parsed.data;
  switch (type) {
    case 'entity.too.large':
      return fail('body_too_large', { limit: bodyBytes }, thrown);
    case 'entity.parse.failed':
    case 'request.aborted':
    case 'request.size.invalid':
      return fail('body_malformed', { reason: message }, thrown);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return fail('body_unsupported', { type: message }, thrown);
    default:
      return toRetortError(thrown);
  }
}

function causeOf({ cause }: RetortError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}
