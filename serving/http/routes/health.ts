/** Liveness and readiness, of the Open Inference Protocol v2. */
import type { Route } from '../route.js';

export const live: Route = {
  method: 'get',
  path: '/v2/health/live',
  handle: (_context, _request, response) => {
    response.json({ live: true });
  },
};

/** False with no model, while one is loading or warming, and while draining. */
export const ready: Route = {
  method: 'get',
  path: '/v2/health/ready',
  handle: ({ registry, draining }, _request, response) => {
    const isReady = registry.ready && !draining;
    response.status(isReady ? 200 : 503).json({ live: true, ready: isReady });
  },
};
