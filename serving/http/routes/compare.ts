/** `GET /v1/compare`: what the live comparison of static and eager execution found. */
import { fail } from '../../../core/errors.js';
import type { Route } from '../route.js';

export const compare: Route = {
  method: 'get',
  path: '/v1/compare',
  handle: ({ comparison }, _request, response) => {
    const summary = comparison();
    if (summary === null) throw fail('comparison_off', {});
    response.json(summary);
  },
};
