/** The Open Inference Protocol v2 as gRPC: what its server offers and its client calls. */
import { fileURLToPath } from 'node:url';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

/** From dist/core/protocol/ three folders up. */
const definition = fileURLToPath(new URL('../../../core/protocol/open_inference.proto', import.meta.url));

export const serviceName = 'inference.GRPCInferenceService';

export function loadInferenceService(): ServiceDefinition {
  // An integer that a double cannot hold comes out unsafe, and is refused as such.
  const loaded = loadSync(definition, { keepCase: true, longs: Number, defaults: true, oneofs: true });
  return loaded[serviceName] as ServiceDefinition;
}
