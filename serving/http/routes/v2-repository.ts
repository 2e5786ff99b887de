/** The model repository extension of the Open Inference Protocol v2. */
import { z } from 'zod';
import { loadModel, repositoryIndex, unloadModel } from '../../inference/repository.js';
import { parseOptionalBody } from '../parse-body.js';
import type { Route } from '../route.js';

const indexRequestSchema = z.looseObject({ ready: z.boolean().default(false) });

/** Parameters of the protocol are allowed, and none is known. */
const changeRequestSchema = z.looseObject({
  parameters: z.record(z.string(), z.unknown()).optional(),
});

const index: Route = {
  method: 'post',
  path: '/v2/repository/index',
  access: 'key',
  operation: {
    tag: 'Repository',
    summary: 'Every version of the repository, and whether it answers',
    request: indexRequestSchema,
    responses: {
      200: {
        description: 'The versions',
        schema: z.array(
          z.object({ name: z.string(), version: z.string(), state: z.string(), reason: z.string() }),
        ),
      },
    },
  },
  handle: async (context, exchange) => {
    const { ready } = parseOptionalBody(exchange, indexRequestSchema);
    return { body: await repositoryIndex(context, ready) };
  },
};

const load: Route = {
  method: 'post',
  path: '/v2/repository/models/:model/load',
  access: 'admin',
  operation: {
    tag: 'Repository',
    summary: 'Load the newest version of a model; the one before answers until it is ready',
    request: changeRequestSchema,
    responses: { 200: { description: 'It answers' } },
  },
  handle: async (context, exchange) => {
    parseOptionalBody(exchange, changeRequestSchema);
    await loadModel(context, exchange.parameters.model ?? '');
    return {};
  },
};

const unload: Route = {
  method: 'post',
  path: '/v2/repository/models/:model/unload',
  access: 'admin',
  operation: {
    tag: 'Repository',
    summary: 'Take a model out of service; what it has begun is answered',
    request: changeRequestSchema,
    responses: { 200: { description: 'It takes no more requests' } },
  },
  handle: async (context, exchange) => {
    parseOptionalBody(exchange, changeRequestSchema);
    await unloadModel(context, exchange.parameters.model ?? '');
    return {};
  },
};

export const repository = [index, load, unload];
