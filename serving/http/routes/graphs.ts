/** The graphs of a version, before and after fusion, laid out to be drawn. */
import { drawingsSchema } from '../../model-graphs.js';
import type { Route } from '../route.js';

export const graphs: Route = {
  method: 'get',
  path: '/v1/models/:model/versions/:version/graphs',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary:
      'The graph as the network gives it and as it is served, laid out; drawn when it is first asked for',
    responses: {
      200: { description: 'Places of nodes and edges, and the rules that rewrote', schema: drawingsSchema },
    },
  },
  handle: async ({ registry, graphs: drawings }, { parameters }) => ({
    body: await drawings.of(registry.find(parameters.model, parameters.version)),
  }),
};
