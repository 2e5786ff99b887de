/** One request through one route: key, body, handler, reply, and what is told of it afterwards. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail, type RetortError, toRetortError } from '../../core/errors.js';
import type { Access, ApiKeys } from '../access/api-keys.js';
import type { EdgeContext } from '../edge-context.js';
import { ClientGone, type GoneSignal } from '../gone-signal.js';
import type { Call } from '../inference/submit.js';
import { Timeline } from '../inference/timeline.js';
import { mediaTypeOf, readBody } from './body.js';
import { asRetortError, errorReply } from './error-reply.js';
import type { Exchange, Reply, Route } from './route.js';
import { statusOf } from './status.js';
import { writeReply } from './write-reply.js';

/** Never rejects: whatever goes wrong is a reply. */
export async function answer(
  edge: EdgeContext,
  route: Route,
  parameters: Exchange['parameters'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const timeline = new Timeline();
  let key: string | undefined;
  let outcome: Outcome;
  try {
    key = checkKey(edge.keys, route.access, request);
    // Not thrown: under overload most requests end here, and what each costs is taken from the others.
    const refusal = route.infers === true ? edge.serving.inference.refusal : null;
    outcome =
      refusal === null
        ? { reply: await handled(edge, route, parameters, request, response, timeline), error: null }
        : failed(refusal, request, response);
  } catch (thrown) {
    outcome = failed(thrown, request, response);
  }
  await finish(edge, route.path, request, response, outcome, { timeline, key });
}

async function handled(
  { serving }: EdgeContext,
  route: Route,
  parameters: Exchange['parameters'],
  request: IncomingMessage,
  response: ServerResponse,
  timeline: Timeline,
): Promise<Reply> {
  const call: Call = {
    requestId: requestIdIn(response),
    timeoutMs: timeoutOf(request),
    signal: goneSignal(response),
    timeline,
  };
  // A load takes as long as it takes; the next request has the limit again.
  if (route.access === 'admin') request.socket.setTimeout(0);
  const body = route.method === 'post' ? await bodyOf(route, request, serving.limits.bodyBytes) : noBody;
  return route.handle(serving, { parameters, headers: request.headers, body, call });
}

/** A request that no route takes. */
export async function refuse(
  edge: EdgeContext,
  thrown: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await finish(edge, 'none', request, response, failed(thrown, request, response), {
    timeline: new Timeline(),
    key: undefined,
  });
}

interface Outcome {
  readonly reply: Reply;
  readonly error: RetortError | null;
}

const noBody = Buffer.alloc(0);

/** As nginx records an answer that nobody was there to take; it is never sent. */
const clientGoneStatus = 499;

function failed(thrown: unknown, request: IncomingMessage, response: ServerResponse): Outcome {
  const error = asRetortError(thrown);
  return { reply: errorReply(error, request.url ?? '', requestIdIn(response)), error };
}

async function finish(
  { observer }: EdgeContext,
  route: string,
  request: IncomingMessage,
  response: ServerResponse,
  { reply, error }: Outcome,
  { timeline, key }: { readonly timeline: Timeline; readonly key: string | undefined },
): Promise<void> {
  const told = await writeReply(response, reply, timeline).then(
    (written) => ({
      status: written || error?.kind === 'slow' ? (reply.status ?? 200) : clientGoneStatus,
      error,
    }),
    (thrown: unknown) => ({ status: statusOf.internal, error: toRetortError(thrown) }),
  );
  const { traceparent, tracestate } = request.headers;
  observer.answered({
    requestId: requestIdIn(response),
    protocol: 'http',
    method: request.method ?? '',
    route,
    client: request.socket.remoteAddress,
    key,
    trace: {
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
    },
    timeline,
    fields: reply.log ?? {},
    ...told,
  });
}

function checkKey(keys: ApiKeys | null, access: Access, { headers }: IncomingMessage): string | undefined {
  if (access === 'open') return undefined;
  const apiKey = headers['x-api-key'];
  return keys?.check(access, headers.authorization, typeof apiKey === 'string' ? apiKey : undefined);
}

async function bodyOf(
  { accepts = ['application/json'] }: Route,
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer> {
  const type = mediaTypeOf(request.headers['content-type']);
  if (type !== undefined && !accepts.includes(type))
    throw fail('body_unsupported', { type, accepted: accepts.join(' or ') });
  return readBody(request, limitBytes);
}

/** `prepare` has put it there. */
function requestIdIn(response: ServerResponse): string {
  return String(response.getHeader('x-request-id'));
}

function timeoutOf({ headers }: IncomingMessage): number | null {
  const given = headers['x-request-timeout-ms'];
  if (given === undefined) return null;
  const timeoutMs = Number(given);
  if (!(timeoutMs > 0))
    throw fail('header_invalid', { header: 'X-Request-Timeout-Ms', reason: 'it is not a number above 0' });
  return timeoutMs;
}

function goneSignal(response: ServerResponse): GoneSignal {
  const gone = new ClientGone();
  response.once('close', () => {
    // Every response is closed at last; only one that is not written whole has lost its client.
    if (!response.writableFinished) gone.abort();
  });
  return gone;
}
