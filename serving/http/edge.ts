/**
 * The HTTP edge. The routes of inference are dispatched here, ahead of express, which costs more than the rest of a
 * request on the main thread; every other one goes through it. Both ways lead to the same `answer`.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import cors from 'cors';
import { match } from 'path-to-regexp';
import { fail } from '../../core/errors.js';
import type { EdgeContext } from '../edge-context.js';
import { answer, refuse } from './answer.js';
import { createApp } from './app.js';
import { isCrossSite } from './cross-site.js';
import { prepare } from './prepare.js';
import type { Route } from './route.js';
import { inferenceRoutes } from './routes.js';

export interface EdgeOptions {
  /** Origins that browsers may ask from: `*` for all; none where it is empty. */
  readonly corsOrigins: readonly string[];
  readonly isEncrypted: boolean;
}

export function createEdge(edge: EdgeContext, { corsOrigins, isEncrypted }: EdgeOptions): RequestListener {
  const app = createApp(edge);
  const dispatch = (request: IncomingMessage, response: ServerResponse) => {
    const found = matchInference(request);
    if (found === null) app(request, response);
    else void answer(edge, found.route, found.parameters, request, response);
  };
  const shareWith = corsOrigins.length === 0 ? null : cors(corsOptions(corsOrigins));
  return (request, response) => {
    prepare(request, response, { isEncrypted, isLeaving: edge.serving.draining });
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      void refuse(
        edge,
        fail('header_invalid', { header: 'Host', reason: 'it is absent' }),
        request,
        response,
      );
    } else if (isCrossSite(request, corsOrigins)) {
      void refuse(edge, fail('cross_site_refused', {}), request, response);
    } else if (shareWith === null) dispatch(request, response);
    else {
      shareWith(request, response, () => {
        dispatch(request, response);
      });
    }
  };
}

interface Match {
  readonly route: Route;
  readonly parameters: Partial<Record<string, string>>;
}

const matchers = inferenceRoutes.map((route) => ({
  route,
  matches: match<Partial<Record<string, string>>>(route.path, { decode: decodeOrKeep }),
}));

/** Paths without parameters, as they are spelt: no pattern is tried. */
const spelt = new Map(
  inferenceRoutes
    .filter(({ path }) => !path.includes(':'))
    .map((route): [string, Match] => [route.path, { route, parameters: {} }]),
);

function matchInference({ method, url = '' }: IncomingMessage): Match | null {
  if (method !== 'POST') return null;
  const exact = spelt.get(url);
  if (exact !== undefined) return exact;
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  for (const { route, matches } of matchers) {
    const found = matches(path);
    if (found !== false) return { route, parameters: found.params };
  }
  return null;
}

/** A name that cannot be decoded is the name of no model. */
function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function corsOptions(origins: readonly string[]): cors.CorsOptions {
  return {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['X-Request-Id', 'X-Error-Code', 'Retry-After', 'Inference-Header-Content-Length'],
    maxAge: 600,
  };
}
