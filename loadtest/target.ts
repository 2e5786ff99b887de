/** Which server a load may be aimed at, and whether it answers. */
import { fail } from '../core/errors.js';
import { networkReason } from '../core/network-reason.js';

const protocols = ['http:', 'https:', 'grpc:'];
const predictPath = '/v1/predict';

/**
 * The URL that is loaded: the prediction route, unless `path` or `url` names another; of gRPC, the model. Only this machine's loopback
 * addresses and the hosts of `allowedHosts` are let through: a closed loop aimed at someone else's server is an attack.
 * @throws RetortError loadtest_url_invalid, loadtest_host_refused
 */
export function targetOf(url: string, allowedHosts: readonly string[] = [], path?: string): URL {
  const given = URL.canParse(url) ? new URL(url) : null;
  if (given === null || !protocols.includes(given.protocol)) throw fail('loadtest_url_invalid', { url });
  // A path that begins with two slashes names another host.
  const target = path === undefined ? given : new URL(path, given);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(host) && !allowedHosts.includes(host)) throw fail('loadtest_host_refused', { host });
  if (isGrpc(target)) {
    if (!/^\/[^/]+$/.test(target.pathname)) throw fail('loadtest_url_invalid', { url });
  } else if (target.pathname === '/') target.pathname = predictPath;
  return target;
}

export interface CheckOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * Sends one request and waits for its answer. A server that is only busy (429) or not ready (5xx) does answer.
 * @throws RetortError loadtest_unreachable, loadtest_route_wrong, loadtest_answer_not_json
 */
export async function checkAnswers(
  target: URL,
  body: string,
  { headers = {}, timeoutMs }: CheckOptions,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const unreachable = (error: unknown) => {
    const reason = signal.aborted ? `no answer in ${timeoutMs / 1000} s` : networkReason(error);
    return fail('loadtest_unreachable', { url: target.href, reason }, error);
  };
  const answer = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    redirect: 'manual',
    signal,
  }).catch((error: unknown) => {
    throw unreachable(error);
  });
  const text = await answer.text().catch((error: unknown) => {
    throw unreachable(error);
  });
  if (!answer.ok && answer.status !== 429 && answer.status < 500)
    throw fail('loadtest_route_wrong', { url: target.href, status: answer.status });
  if (answer.ok && !isJson(text)) throw fail('loadtest_answer_not_json', { url: target.href });
}

/** `grpc://host:port/model`. */
export function isGrpc({ protocol }: URL): boolean {
  return protocol === 'grpc:';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
