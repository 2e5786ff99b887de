import { afterEach, describe, expect, it } from '@jest/globals';
import { Metadata, Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { loadInferenceService } from '../../../core/protocol/inference-service.js';
import { GrpcSender } from '../../../loadtest/grpc/grpc-sender.js';
import type { Outcome } from '../../../loadtest/outcome.js';

interface Request {
  readonly model_name: string;
  readonly inputs: readonly {
    readonly shape: readonly number[];
    readonly contents: { readonly bytes_contents: Buffer[] };
  }[];
}
type Answer = (code: status | null) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: (request: Request, respond: Answer) => void): Promise<string> {
  const server = new Server();
  const ModelInfer: handleUnaryCall<Request, unknown> = (call, callback) => {
    answer(call.request, (code) => {
      const metadata = new Metadata();
      metadata.set('x-request-id', '1');
      if (code === null) callback(null, { model_name: 'student' });
      else callback({ code, details: 'no', metadata });
    });
  };
  const { ModelInfer: method } = loadInferenceService();
  server.addService({ ModelInfer: method! }, { ModelInfer });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  closers.push(() => {
    server.forceShutdown();
  });
  return `127.0.0.1:${port}`;
}

function open(address: string, timeoutMs = 5000): GrpcSender {
  const texts = [['很好'], ['不好', '一般']];
  const sender = new GrpcSender({ address, model: 'student', headers: { 'x-a': 'b' }, texts, timeoutMs });
  closers.push(() => {
    sender.close();
  });
  return sender;
}

const send = (sender: GrpcSender, request = 0) =>
  new Promise<Outcome>((resolve) => {
    sender.send(request, resolve);
  });

describe('the gRPC sender', () => {
  it('sends texts as the protocol has them', async () => {
    const seen: Request[] = [];
    const sender = open(
      await serve((request, respond) => {
        seen.push(request);
        respond(null);
      }),
    );
    expect([await send(sender), await send(sender, 1)]).toEqual(['ok', 'ok']);
    expect(seen[0]!.model_name).toBe('student');
    const [input] = seen[1]!.inputs;
    expect(input!.shape).toEqual([2]);
    expect(input!.contents.bytes_contents.map(String)).toEqual(['不好', '一般']);
  });

  it.each<[status, Outcome]>([
    [status.RESOURCE_EXHAUSTED, '429'],
    [status.UNAVAILABLE, '503'],
    [status.DEADLINE_EXCEEDED, '504'],
    [status.NOT_FOUND, '404'],
    [status.INTERNAL, '500'],
  ])('counts the code %i as %s', async (code, outcome) => {
    expect(await send(open(await serve((_request, respond) => respond(code))))).toBe(outcome);
  });

  it('tells a server that hangs from one that is not there', async () => {
    expect(await send(open(await serve(() => undefined), 100))).toBe('timeout');
    expect(await send(open('127.0.0.1:1'))).toBe('connection');
  });
});
