/** Express: every route, methods that a route does not take, and paths that there are not. */
import express, { type ErrorRequestHandler, type Express } from 'express';
import { fail } from '../../core/errors.js';
import type { EdgeContext } from '../edge-context.js';
import { answer, refuse } from './answer.js';
import { documentationPage } from './openapi/page.js';
import { browserRuntime, page } from './page.js';
import { routes } from './routes.js';

export function createApp(edge: EdgeContext): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  for (const route of routes) {
    app[route.method](route.path, (request, response) =>
      answer(edge, route, stringsOf(request.params), request, response),
    );
  }
  app.use('/docs', documentationPage);
  app.use('/runtime', browserRuntime());
  app.use(page());
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes
      .filter((route) => route.path === path)
      .map(({ method }) => method.toUpperCase())
      .join(', ');
    app.all(path, (request, response) => {
      response.set('Allow', allowed);
      throw fail('method_not_allowed', { method: request.method, path: request.path, allowed });
    });
  }
  app.use((request) => {
    throw fail('route_unknown', { method: request.method, path: request.path });
  });
  // Express knows an error handler by its four parameters.
  const onError: ErrorRequestHandler = (thrown, request, response, _next) => {
    request.url = request.originalUrl;
    void refuse(edge, thrown, request, response);
  };
  app.use(onError);
  return app;
}

/** Parameters that stand in a path once. */
function stringsOf(parameters: Readonly<Record<string, unknown>>): Partial<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
