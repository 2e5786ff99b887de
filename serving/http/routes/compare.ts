/** `GET /v1/compare`: what the live comparison of static and eager execution found. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import type { ComparisonSummary } from '../../comparison/summary.js';
import type { Route } from '../route.js';

const estimateSchema = z
  .object({ estimate: z.number(), interval: z.tuple([z.number(), z.number()]).readonly() })
  .nullable();

export const compare: Route = {
  method: 'get',
  path: '/v1/compare',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'Static beside eager execution, over sampled requests',
    responses: {
      200: {
        description: 'Medians with 95 % intervals',
        schema: z.object({
          samples: z.int(),
          threads: z.int(),
          staticMs: estimateSchema,
          eagerMs: estimateSchema,
          speedup: estimateSchema,
          differenceMs: estimateSchema,
          largestLogitDifference: z.number(),
        }) satisfies z.ZodType<ComparisonSummary>,
      },
    },
  },
  handle: ({ comparison }) => {
    const summary = comparison();
    if (summary === null) throw fail('comparison_off', {});
    return { body: summary };
  },
};
