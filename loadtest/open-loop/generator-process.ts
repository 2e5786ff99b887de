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
      sender = openSender(command.target);
      requests = command.target.bodies.length;
      report({ kind: 'ready' });
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

function openSender(target: Target): Sender {
  return new HttpSender(target);
}

function report(message: Report): void {
  process.send?.(message);
}
