/**
 * The process that sends the load: nothing but the generator runs on its thread. It obeys the one that started it, and
 * ends with it; Ctrl-C on a terminal reaches both, and is the other's to answer.
 */
import { fail } from '../../core/errors.js';
import { HttpSender } from '../http/http-sender.js';
import { commandSchema, type Report, type Target } from './protocol.js';
import { startRun, type OpenLoopRun } from './run-plan.js';
import type { Sender } from './sender.js';

const progressEveryMs = 1000;

let sender: Sender | null = null;
let requests = 0;
let run: OpenLoopRun | null = null;

process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const command = commandSchema.parse(message);
  switch (command.kind) {
    case 'target':
      requests = requestsOf(command.target);
      void openSender(command.target).then((opened) => {
        sender = opened;
        report({ kind: 'ready' });
      });
      break;
    case 'run': {
      if (sender === null || run !== null)
        throw fail('internal_error', { reason: 'a load was started out of turn' });
      run = startRun(command.plan, sender, requests);
      const timer = setInterval(() => {
        if (run !== null) report({ kind: 'progress', progress: run.progress() });
      }, progressEveryMs);
      void run.result.then((result) => {
        clearInterval(timer);
        run = null;
        report({ kind: 'finished', result });
      });
      break;
    }
    case 'stop':
      run?.stop();
      break;
  }
});

async function openSender(target: Target): Promise<Sender> {
  if (target.protocol === 'http') return new HttpSender(target);
  const { GrpcSender } = await import('../grpc/grpc-sender.js');
  return new GrpcSender(target);
}

function requestsOf(target: Target): number {
  return target.protocol === 'http' ? target.bodies.length : target.texts.length;
}

function report(message: Report): void {
  process.send?.(message);
}
