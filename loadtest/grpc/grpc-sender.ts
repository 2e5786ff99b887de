/** gRPC's ModelInfer of the Open Inference Protocol, all requests over one HTTP/2 connection. */
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { loadInferenceService } from '../../core/protocol/inference-service.js';
import type { Sender } from '../open-loop/sender.js';
import type { Outcome } from '../outcome.js';

export interface GrpcTarget {
  /** Host and port. */
  readonly address: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The texts of each request. */
  readonly texts: readonly (readonly string[])[];
  readonly timeoutMs: number;
}

export class GrpcSender implements Sender {
  readonly connectionsOpened = 1;
  readonly #client: Client;
  readonly #path: string;
  readonly #requests: readonly Buffer[];
  readonly #metadata = new Metadata();
  readonly #timeoutMs: number;

  constructor({ address, model, headers, texts, timeoutMs }: GrpcTarget) {
    const method = loadInferenceService().ModelInfer;
    if (method === undefined) throw new TypeError('the protocol has a method ModelInfer');
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#path = method.path;
    this.#timeoutMs = timeoutMs;
    for (const [name, value] of Object.entries(headers)) this.#metadata.set(name, value);
    this.#requests = texts.map((group) => {
      const contents = { bytes_contents: group.map((text) => Buffer.from(text)) };
      const input = { name: 'text', datatype: 'BYTES', shape: [group.length], contents };
      return method.requestSerialize({ model_name: model, inputs: [input] });
    });
  }

  send(request: number, done: (outcome: Outcome) => void): void {
    const bytes = this.#requests[request];
    if (bytes === undefined) throw new RangeError(`there is no request ${request}`);
    const sentMs = performance.now();
    const deadline = new Date(Date.now() + this.#timeoutMs);
    this.#client.makeUnaryRequest(this.#path, asIs, asIs, bytes, this.#metadata, { deadline }, (error) => {
      done(error === null ? 'ok' : outcomeOf(error, performance.now() - sentMs >= this.#timeoutMs));
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Requests are written ahead, and of answers the status alone is looked at. */
const asIs = (bytes: Buffer): Buffer => bytes;

/** What a server answers, as the HTTP status that means the same. */
const statuses: ReadonlyMap<number, Outcome> = new Map<number, Outcome>([
  [status.INVALID_ARGUMENT, '400'],
  [status.UNAUTHENTICATED, '401'],
  [status.PERMISSION_DENIED, '403'],
  [status.NOT_FOUND, '404'],
  [status.RESOURCE_EXHAUSTED, '429'],
  [status.CANCELLED, '499'],
  [status.UNIMPLEMENTED, '501'],
  [status.UNAVAILABLE, '503'],
  [status.DEADLINE_EXCEEDED, '504'],
]);

function outcomeOf({ code, metadata }: ServiceError, late: boolean): Outcome {
  if (code === status.DEADLINE_EXCEEDED && late) return 'timeout';
  // A server's own answer has headers or trailers; what the client library says of a connection has none.
  if (code === status.UNAVAILABLE && Object.keys(metadata.getMap()).length === 0) return 'connection';
  return statuses.get(code) ?? '500';
}
