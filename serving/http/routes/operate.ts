/** What is done to a model's versions: load, roll back, a canary's share. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import type { ModelRegistry } from '../../model-registry.js';
import { parseOptionalBody } from '../parse-body.js';
import type { Route } from '../route.js';

/** Answers when the change is made: a version is loaded, checked and warmed first. */
function change<T>(
  name: string,
  summary: string,
  request: z.ZodType<T>,
  apply: (registry: ModelRegistry, model: string, body: T) => Promise<void>,
): Route {
  return {
    method: 'post',
    path: `/v1/models/:model/${name}`,
    access: 'admin',
    operation: {
      tag: 'Operation',
      summary,
      request,
      responses: { 200: { description: 'It is done', schema: z.strictObject({}) } },
    },
    async handle({ registry, refusing }, exchange) {
      if (refusing) throw fail('server_draining', {});
      const body = parseOptionalBody(exchange, request);
      await apply(registry, exchange.parameters.model ?? '', body);
      return { body: {} };
    },
  };
}

export const operations: readonly Route[] = [
  change(
    'load',
    'Let a version, or the newest, answer in place of the one that does',
    z.strictObject({ version: z.string().optional() }),
    (registry, model, { version }) => registry.loadModel(model, version),
  ),
  change('rollback', 'Return to the version before', z.strictObject({}), (registry, model) =>
    registry.rollback(model),
  ),
  change(
    'canary',
    'Let a version answer a share of the requests that name none; 0 ends it',
    z.strictObject({ version: z.string(), percent: z.number().min(0).max(100) }),
    (registry, model, { version, percent }) => registry.setCanary(model, version, percent),
  ),
];
