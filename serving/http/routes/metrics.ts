/** `GET /metrics`, for Prometheus. */
import type { Route } from '../route.js';

export const metrics: Route = {
  method: 'get',
  path: '/metrics',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'Metrics in Prometheus’s text format',
    responses: { 200: { description: 'All of them', media: ['text/plain'] } },
  },
  async handle({ metrics: { registry } }) {
    return {
      headers: { 'content-type': registry.contentType },
      body: Buffer.from(await registry.metrics()),
    };
  },
};
