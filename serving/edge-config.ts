/** Settings of a server's HTTP and gRPC edges, with defaults that work. */
import { z } from 'zod';

/** A timer of Node's that is set for longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

const milliseconds = z.int().positive().max(longestTimerMs);

export const edgeConfigSchema = z.strictObject({
  /** Of the gRPC edge; 0 takes a free one, null starts none. */
  grpcPort: z.int().min(0).max(65_535).nullable().default(null),
  /** Of an OpenTelemetry collector that takes OTLP over HTTP; null for what OpenTelemetry's variables say. */
  otlpEndpoint: z.url().nullable().default(null),
  /** PEM files. They are read again when they change. */
  tls: z.strictObject({ certificate: z.string(), key: z.string() }).nullable().default(null),
  /** Origins that browsers may ask from; `*` for all. */
  corsOrigins: z.array(z.string()).default([]),
  /** More connections than these are closed at once. */
  maxConnections: z.int().positive().default(4096),
  /** A client gets this long for its headers, for its whole request, and for its next request. */
  headersTimeoutMs: milliseconds.default(10_000),
  requestTimeoutMs: milliseconds.default(30_000),
  keepAliveTimeoutMs: milliseconds.default(65_000),
  /** Whether the log quotes the texts of requests. */
  logTexts: z.boolean().default(false),
});

export type EdgeConfig = z.infer<typeof edgeConfigSchema>;
