/** Liveness and readiness, of the Open Inference Protocol v2. */
import { z } from 'zod';
import { serverReady } from '../../inference/metadata.js';
import type { Route } from '../route.js';

const readySchema = z.object({ live: z.boolean(), ready: z.boolean() });

const live: Route = {
  method: 'get',
  path: '/v2/health/live',
  access: 'open',
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Whether the server runs',
    responses: { 200: { description: 'It does', schema: z.object({ live: z.boolean() }) } },
  },
  handle: () => ({ body: { live: true } }),
};

const ready: Route = {
  method: 'get',
  path: '/v2/health/ready',
  access: 'open',
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Whether every model is loaded and warm, and the server not on its way down',
    responses: {
      200: { description: 'Ready', schema: readySchema },
      503: { description: 'Not ready', schema: readySchema },
    },
  },
  handle: (context) => {
    const isReady = serverReady(context);
    return { status: isReady ? 200 : 503, body: { live: true, ready: isReady } };
  },
};

export const health = [live, ready];
