/** The OpenAPI 3.1 document, made of the routes and of the schemas that check their requests. */
import { z } from 'zod';
import { version } from '../../version.js';
import type { Route } from '../route.js';
import { type Operation, requestHeaders } from './operation.js';

const errorSchema = z.object({
  error: z.object({
    code: z.string().meta({ description: 'One of docs/errors.md.' }),
    message: z.string(),
    hint: z.string(),
    request_id: z.string(),
  }),
});
const v2ErrorSchema = z.object({ error: z.string() });

export function openApiDocument(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    for (const path of pathsOf(route.path)) (paths[path] ??= {})[route.method] = operationOf(route, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Retort',
      version,
      description: 'Sentiment of Chinese texts, and the Open Inference Protocol v2.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Error: schemaOf(errorSchema), V2Error: schemaOf(v2ErrorSchema) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

/** OpenAPI has no optional parts of a path: a pattern with one is two paths. */
function pathsOf(pattern: string): string[] {
  const optional = /\{(.*?)\}/.exec(pattern);
  const variants =
    optional === null
      ? [pattern]
      : [pattern.replace(optional[0], ''), pattern.replace(optional[0], optional[1] ?? '')];
  return variants.map((path) => path.replaceAll(/:(\w+)/g, '{$1}'));
}

function operationOf({ operation, access, method }: Route, path: string): Record<string, unknown> {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name);
  return {
    operationId: operationId(method, path),
    summary: operation.summary,
    tags: [operation.tag],
    // Where a server has no keys, none is needed.
    security: access === 'open' ? [] : [{}, { bearer: [] }, { apiKey: [] }],
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...(operation.headers ?? []).map((name) => ({ name, in: 'header', ...requestHeaders[name] })),
    ],
    ...requestBody(operation),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.responses).map(([status, { description, schema, media }]) => [
          status,
          { description, ...contentOf(schema, media) },
        ]),
      ),
      default: {
        description: 'An error',
        headers: { 'X-Error-Code': { schema: { type: 'string' }, description: 'One of docs/errors.md' } },
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${path.startsWith('/v2') ? 'V2Error' : 'Error'}` },
          },
        },
      },
    },
  };
}

function requestBody({ request, requestMedia }: Operation): Record<string, unknown> {
  return request === undefined ? {} : { requestBody: contentOf(request, requestMedia) };
}

function contentOf(schema: z.ZodType | undefined, media: readonly string[] = []): Record<string, unknown> {
  const json = schema === undefined ? [] : [['application/json', { schema: schemaOf(schema) }]];
  const others = media.map((type) => [type, {}]);
  return json.length + others.length === 0
    ? {}
    : { content: Object.fromEntries([...json, ...others]) as unknown };
}

/** OpenAPI 3.1 has JSON Schema 2020-12 as it is. */
function schemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function operationId(method: string, path: string): string {
  const words = path.replaceAll(/[{}]/g, '').split(/[/.]/);
  return [method, ...words.filter((word) => word !== '')].join('_');
}
