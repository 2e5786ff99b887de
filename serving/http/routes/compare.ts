/** `/v1/compare`: what the live comparison of static and eager execution found, and one on the spot. */
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import { fewestForInterval } from '../../../core/statistics.js';
import type { ComparisonRun } from '../../comparison/on-demand.js';
import type { ComparisonSummary } from '../../comparison/summary.js';
import { checkTexts } from '../../inference/check-texts.js';
import { parseBody } from '../parse-body.js';
import type { Route } from '../route.js';

const estimateSchema = z
  .object({ estimate: z.number(), interval: z.tuple([z.number(), z.number()]).readonly() })
  .nullable()
  .meta({
    description: `Null of fewer than ${String(fewestForInterval)} pairs, which give no 95 % interval.`,
  });

const summarySchema = z.object({
  samples: z.int(),
  threads: z.int(),
  staticMs: estimateSchema,
  eagerMs: estimateSchema,
  speedup: estimateSchema,
  differenceMs: estimateSchema,
  largestLogitDifference: z.number(),
}) satisfies z.ZodType<ComparisonSummary>;

const liveSchema = summarySchema.extend({
  model: z.string().nullable().meta({ description: 'The default model, which the figures beside are of.' }),
  models: z.record(z.string(), summarySchema).meta({ description: 'Of each model that was sampled.' }),
});

const live: Route = {
  method: 'get',
  path: '/v1/compare',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'Static beside eager execution, over sampled requests, by model',
    responses: { 200: { description: 'Medians with 95 % intervals', schema: liveSchema } },
  },
  handle: ({ sampler, registry }) => {
    if (sampler === null) throw fail('comparison_off', {});
    const model = registry.defaultName;
    const body: z.infer<typeof liveSchema> = {
      ...sampler.summaryOf(model),
      model,
      models: sampler.summaries,
    };
    return { body };
  },
};

const bodySchema = z.strictObject({
  texts: z.array(z.string()).min(1).max(8),
  runs: z.int().min(1).max(50).default(10).meta({ description: 'Of each text.' }),
  model: z.string().optional(),
  version: z.string().optional(),
});

const runSchema = z.object({
  summary: summarySchema,
  pairs: z
    .array(z.object({ staticMs: z.number(), eagerMs: z.number(), difference: z.number() }))
    .readonly()
    .meta({ description: 'In the order in which they ran; cut short by the deadline.' }),
}) satisfies z.ZodType<ComparisonRun>;

const onDemand: Route = {
  method: 'post',
  path: '/v1/compare',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'Run texts on both engines now, in turns, on a thread of their own',
    headers: ['X-Request-Timeout-Ms'],
    request: bodySchema,
    responses: { 200: { description: 'Every pair of runs, and their medians', schema: runSchema } },
  },
  async handle(context, exchange) {
    const { texts, runs, model, version } = parseBody(exchange, bodySchema);
    const { timeoutMs, signal, requestId } = exchange.call;
    checkTexts(texts, context.limits);
    if (context.refusing) throw fail('server_draining', {});
    const found = context.registry.find(model, version, requestId);
    const deadlineMs = performance.now() + Math.min(timeoutMs ?? Infinity, context.limits.deadlineMs);
    return { body: await context.onDemand.run(found, { texts, runs, deadlineMs, signal }) };
  },
};

export const comparison: readonly Route[] = [live, onDemand];
