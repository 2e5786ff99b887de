/** What is known of a request once it is answered: for the log, the metrics and the trace. */
import type { RetortError } from '../../core/errors.js';
import type { Timeline } from '../inference/timeline.js';

export interface LogFields {
  readonly model?: string;
  readonly version?: string;
  readonly items?: number;
  /** Logged only where the server was told to. */
  readonly texts?: readonly string[];
}

export interface RequestRecord {
  readonly requestId: string;
  readonly protocol: 'http' | 'grpc';
  readonly method: string;
  /** The route's pattern, or the name of the gRPC method; `none` for a path that has no route. */
  readonly route: string;
  /** HTTP's status, or the name of gRPC's. */
  readonly status: number | string;
  readonly client: string | undefined;
  /** Name of the API key. */
  readonly key: string | undefined;
  /** The W3C headers `traceparent` and `tracestate`, where the client sent them. */
  readonly trace: { readonly traceparent?: string | undefined; readonly tracestate?: string | undefined };
  readonly timeline: Timeline;
  readonly fields: LogFields;
  readonly error: RetortError | null;
}
