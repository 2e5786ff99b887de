/** Liveness and readiness, of the Open Inference Protocol v2. */
import { serverReady } from '../../inference/metadata.js';
import type { Route } from '../route.js';

export const live: Route = {
  method: 'get',
  path: '/v2/health/live',
  handle: (_context, _request, response) => {
    response.json({ live: true });
  },
};

export const ready: Route = {
  method: 'get',
  path: '/v2/health/ready',
  handle: (context, _request, response) => {
    const isReady = serverReady(context);
    response.status(isReady ? 200 : 503).json({ live: true, ready: isReady });
  },
};
