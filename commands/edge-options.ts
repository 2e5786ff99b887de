/** Options of `retort serve` that say how a server is reached: encryption, keys, origins, connections. */
import { type Command } from 'commander';
import { fail } from '../core/errors.js';
import { ApiKeys } from '../serving/access/api-keys.js';
import { commaSeparated, integer } from './options.js';

export interface EdgeOptions {
  readonly grpcPort?: number;
  readonly otlp?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly apiKeys?: string;
  readonly cors?: readonly string[];
  readonly maxConnections?: number;
  readonly logTexts?: boolean;
}

/** Takes keys where no file is named; a variable is not seen in the list of processes. */
const keysVariable = 'RETORT_API_KEYS';

export function addEdgeOptions(command: Command): Command {
  return command
    .option(
      '--grpc-port <n>',
      'serves the Open Inference Protocol v2 as gRPC too; 0 for a free one',
      integer(0, 65_535),
    )
    .option(
      '--tls-cert <file>',
      'PEM certificate chain; serves HTTPS, and reads the file again when it changes',
    )
    .option('--tls-key <file>', 'PEM key of --tls-cert')
    .option(
      '--api-keys <file>',
      `one key a line, NAME KEY, or NAME KEY admin; requests must bring one (or: ${keysVariable}, by commas)`,
    )
    .option(
      '--cors <origins>',
      'comma-separated origins that browsers may ask from; * for all',
      commaSeparated,
    )
    .option('--max-connections <n>', 'open connections (default: 4096)', integer(1, 1_000_000))
    .option('--otlp <url>', 'OpenTelemetry collector that gets traces (or: OTEL_EXPORTER_OTLP_ENDPOINT)')
    .option('--log-texts', 'log the texts of requests too');
}

/** As the configuration has them; what is not asked for is undefined. */
export function edgeEntries(options: EdgeOptions) {
  const { tlsCert: certificate, tlsKey: key } = options;
  if ((certificate === undefined) !== (key === undefined))
    throw fail('command_line_invalid', { reason: '--tls-cert and --tls-key go together' });
  return {
    grpcPort: options.grpcPort,
    otlpEndpoint: options.otlp,
    tls: certificate === undefined ? undefined : { certificate, key },
    corsOrigins: options.cors,
    maxConnections: options.maxConnections,
    logTexts: options.logTexts,
  };
}

/** @throws RetortError api_keys_invalid */
export async function apiKeysOf({ apiKeys: file }: EdgeOptions): Promise<ApiKeys | null> {
  const variable = process.env[keysVariable];
  if (file !== undefined) return ApiKeys.fromFile(file);
  return variable === undefined ? null : ApiKeys.fromVariable(keysVariable, variable);
}
