/** What a route is. Routes know neither Node's nor express's requests: an exchange comes in, a reply goes out. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../access/api-keys.js';
import type { ServingContext } from '../inference/context.js';
import type { Call } from '../inference/submit.js';
import type { LogFields } from '../observe/request-record.js';
import type { Operation } from './openapi/operation.js';

export interface Exchange {
  /** Of the path, decoded. */
  readonly parameters: Readonly<Partial<Record<string, string>>>;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked; empty where a request has none. */
  readonly body: Buffer;
  readonly call: Call;
}

export interface Reply {
  /** 200 where it is absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Bytes go out as they are, with a content type among the headers; a stream too, with its length; anything else as
   * JSON; undefined is empty.
   */
  readonly body?: unknown;
  /** What the log says of the request. */
  readonly log?: LogFields;
}

export interface Route {
  readonly method: 'get' | 'post';
  /** A pattern of path-to-regexp, as express takes it; also the `route` label of the metrics. */
  readonly path: string;
  readonly access: Access;
  /** Content types that a body may have. */
  readonly accepts?: readonly string[];
  readonly operation: Operation;
  /** Whether it is refused while every queue is full, before its body is read: then a refusal costs least. */
  readonly infers?: boolean;
  readonly handle: (context: ServingContext, exchange: Exchange) => Promise<Reply> | Reply;
}
