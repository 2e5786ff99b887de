/** One unary call: key, deadline, handler, status, and what is told of it afterwards. */
import { Metadata, type ServerUnaryCall, type handleUnaryCall, status } from '@grpc/grpc-js';
import { type RetortError, toRetortError } from '../../core/errors.js';
import { serviceName } from '../../core/protocol/inference-service.js';
import type { Access } from '../access/api-keys.js';
import type { EdgeContext } from '../edge-context.js';
import { ClientGone, type GoneSignal } from '../gone-signal.js';
import type { Call } from '../inference/submit.js';
import { Timeline } from '../inference/timeline.js';
import type { LogFields } from '../observe/request-record.js';
import { requestIdOf } from '../request-id.js';
import { shortened } from '../shortened.js';
import { grpcStatusOf } from './status.js';

export interface UnaryMethod {
  readonly access: Access;
  /** Messages are checked by the protocol's definition before they come here. */
  readonly handle: (message: never, call: Call) => Promise<UnaryReply> | UnaryReply;
}

export interface UnaryReply {
  readonly message: object;
  readonly log?: LogFields;
}

type AnyCall = ServerUnaryCall<unknown, object>;

export function unary(
  edge: EdgeContext,
  name: string,
  method: UnaryMethod,
): handleUnaryCall<unknown, object> {
  return (call, callback) => {
    const requestId = requestIdOf(textOf(call, 'x-request-id'));
    const timeline = new Timeline();
    let key: string | undefined;
    const finished = (outcome: { readonly error: RetortError | null; readonly fields: LogFields }) => {
      const code = outcome.error === null ? status.OK : statusFor(call, outcome.error);
      edge.observer.answered({
        requestId,
        protocol: 'grpc',
        method: name,
        route: `${serviceName}/${name}`,
        status: status[code],
        client: call.getPeer(),
        key,
        trace: { traceparent: textOf(call, 'traceparent'), tracestate: textOf(call, 'tracestate') },
        timeline,
        ...outcome,
      });
    };
    const run = async () => {
      const { access } = method;
      if (access !== 'open')
        key = edge.keys?.check(access, textOf(call, 'authorization'), textOf(call, 'x-api-key'));
      const head = new Metadata();
      head.set('x-request-id', requestId);
      call.sendMetadata(head);
      const domainCall = { requestId, timeoutMs: timeLeftMs(call), signal: cancelSignal(call), timeline };
      return method.handle(call.request as never, domainCall);
    };
    run().then(
      ({ message, log = {} }) => {
        callback(null, message);
        finished({ error: null, fields: log });
      },
      (thrown: unknown) => {
        const error = toRetortError(thrown);
        const trailer = new Metadata();
        trailer.set('x-error-code', error.code);
        trailer.set('x-request-id', requestId);
        callback({
          code: statusFor(call, error),
          details: detailsOf(error),
          metadata: trailer,
        });
        finished({ error, fields: {} });
      },
    );
  };
}

/** A client that hung up, or whose deadline gRPC ended, saw these. */
function statusFor(call: AnyCall, error: RetortError): status {
  if (error.code !== 'client_gone') return grpcStatusOf[error.kind];
  return Number(call.getDeadline()) <= Date.now() ? status.DEADLINE_EXCEEDED : status.CANCELLED;
}

/**
 * They travel among the trailers, a byte as three where it is no ASCII: a client ends the whole connection over trailers
 * of more than a few KiB.
 */
function detailsOf({ message, hint }: RetortError): string {
  return `${shortened(message, 512)} ${shortened(hint, 512)}`;
}

function textOf(call: AnyCall, name: string): string | undefined {
  const [value] = call.metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** Null where the client sets no deadline. A deadline that has passed is answered by gRPC itself. */
function timeLeftMs(call: AnyCall): number | null {
  const leftMs = Number(call.getDeadline()) - Date.now();
  return Number.isFinite(leftMs) ? Math.max(leftMs, 1) : null;
}

function cancelSignal(call: AnyCall): GoneSignal {
  const gone = new ClientGone();
  call.once('cancelled', () => {
    gone.abort();
  });
  return gone;
}
