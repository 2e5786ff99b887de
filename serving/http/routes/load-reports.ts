/** `GET /v1/load-reports`: what load tests measured, of the folder that the server was given. */
import { z } from 'zod';
import type { Route } from '../route.js';

const list: Route = {
  method: 'get',
  path: '/v1/load-reports',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: "The names of load tests' reports, newest first",
    responses: {
      200: {
        description: 'Names',
        schema: z.object({
          reports: z.array(z.object({ name: z.string(), modifiedAt: z.iso.datetime() })),
        }),
      },
    },
  },
  handle: async ({ loadReports }) => ({ body: { reports: await loadReports.list() } }),
};

const read: Route = {
  method: 'get',
  path: '/v1/load-reports/:report',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'A report of `retort loadtest`, as it wrote it',
    responses: { 200: { description: 'The report', schema: z.looseObject({}) } },
  },
  handle: async ({ loadReports }, { parameters }) => ({
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: await loadReports.read(parameters.report ?? ''),
  }),
};

export const loadReports: readonly Route[] = [list, read];
