/** Whether a gRPC server answers, before it is loaded. */
import { fail } from '../../core/errors.js';
import type { Outcome } from '../outcome.js';
import { GrpcSender, type GrpcTarget } from './grpc-sender.js';

/** What is wrong with the request, and not with the moment. */
const wrong: readonly Outcome[] = ['400', '401', '403', '404', '501'];

/**
 * Sends one request and waits for its answer. A server that is only busy or not ready does answer.
 * @throws RetortError loadtest_unreachable, loadtest_route_wrong
 */
export async function checkGrpcAnswers(url: URL, target: GrpcTarget): Promise<void> {
  const sender = new GrpcSender(target);
  const outcome = await new Promise<Outcome>((resolve) => {
    sender.send(0, resolve);
  });
  sender.close();
  if (outcome === 'connection')
    throw fail('loadtest_unreachable', { url: url.href, reason: 'no connection' });
  if (outcome === 'timeout') {
    const reason = `no answer in ${target.timeoutMs / 1000} s`;
    throw fail('loadtest_unreachable', { url: url.href, reason });
  }
  if (wrong.includes(outcome)) throw fail('loadtest_route_wrong', { url: url.href, status: outcome });
}
