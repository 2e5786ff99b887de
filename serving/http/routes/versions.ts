/** Which version of a model answers: load one by its number, roll back, give a share of requests to a canary. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import type { ServingContext } from '../../inference/context.js';
import { parseJson } from '../body.js';
import type { Route } from '../route.js';

const canarySchema = z.strictObject({ version: z.string(), percent: z.number().min(0).max(100) });

const loadVersion = change(
  '/v1/models/:model/versions/:version/load',
  'Load a version and let it answer; the one before answers until it is ready',
  ({ registry }, model, version) => registry.loadModel(model, version),
);

const rollback = change(
  '/v1/models/:model/rollback',
  'Return to the version that answered before',
  ({ registry }, model) => registry.rollback(model),
);

const canary: Route = {
  method: 'post',
  path: '/v1/models/:model/canary',
  access: 'key',
  operation: {
    tag: 'Repository',
    summary: 'Let a version answer a percentage of the requests that name none; 0 ends it',
    request: canarySchema,
    responses: { 200: { description: 'It does' } },
  },
  handle: async ({ registry, refusing }, { body, headers, parameters }) => {
    if (refusing) throw fail('server_draining', {});
    const asked = canarySchema.safeParse(parseJson(body, headers['content-type']));
    if (!asked.success)
      throw fail('request_invalid', { reason: 'it is no object with version and percent, 0 to 100' });
    await registry.setCanary(parameters.model ?? '', asked.data.version, asked.data.percent);
    return {};
  },
};

export const versions = [loadVersion, rollback, canary];

function change(
  path: string,
  summary: string,
  act: (context: ServingContext, model: string, version: string) => Promise<void>,
): Route {
  return {
    method: 'post',
    path,
    access: 'key',
    operation: { tag: 'Repository', summary, responses: { 200: { description: 'It answers' } } },
    handle: async (context, { parameters }) => {
      if (context.refusing) throw fail('server_draining', {});
      await act(context, parameters.model ?? '', parameters.version ?? '');
      return {};
    },
  };
}
