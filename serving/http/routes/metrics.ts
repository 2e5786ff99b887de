/** `GET /metrics`, for Prometheus. */
import type { Route } from '../route.js';

export const metrics: Route = {
  method: 'get',
  path: '/metrics',
  async handle({ metrics: { registry } }, _request, response) {
    response.type(registry.contentType).send(await registry.metrics());
  },
};
