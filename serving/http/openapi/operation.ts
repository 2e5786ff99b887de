/** What the OpenAPI document says of a route. */
import type { z } from 'zod';

export interface Operation {
  readonly summary: string;
  readonly tag: 'Prediction' | 'Open Inference Protocol' | 'Repository' | 'Operation';
  /** Request headers beside those that every route takes. */
  readonly headers?: readonly (keyof typeof requestHeaders)[];
  readonly request?: z.ZodType;
  /** What a body may be beside JSON. */
  readonly requestMedia?: readonly string[];
  /** By status; errors are described once for all routes. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
}

export interface ResponseDescription {
  readonly description: string;
  /** Of the JSON body; absent where there is none. */
  readonly schema?: z.ZodType;
  readonly media?: readonly string[];
}

export const requestHeaders = {
  'X-Request-Timeout-Ms': {
    description: 'Milliseconds within which the answer is wanted; they count the wait in the queue.',
    schema: { type: 'number', exclusiveMinimum: 0 },
  },
  'Inference-Header-Content-Length': {
    description: 'Bytes of the JSON at the head of a body that goes on with binary tensors.',
    schema: { type: 'integer', minimum: 0 },
  },
} as const;
