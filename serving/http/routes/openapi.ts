/** `GET /openapi.json`: routes and their schemas, for people's tools. */
import { openApiDocument } from '../openapi/document.js';
import type { Route } from '../route.js';

export function openApi(routes: readonly Route[]): Route {
  return {
    method: 'get',
    path: '/openapi.json',
    access: 'open',
    operation: {
      tag: 'Operation',
      summary: 'This document',
      responses: { 200: { description: 'OpenAPI 3.1', media: ['application/json'] } },
    },
    handle: () => ({ body: openApiDocument(routes) }),
  };
}
