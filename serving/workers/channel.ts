/** A worker from its pool's side, whatever holds it: a process or a thread. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { endWorker } from '../end-worker.js';
import type { PoolMessage, WorkerMessage } from './protocol.js';
import { reasonOf } from '../../core/reason-of.js';

/** A native crash ends a process alone; a thread takes the server along. */
export type Isolation = 'process' | 'thread';

export interface WorkerHandlers {
  readonly onMessage: (message: WorkerMessage) => void;
  /** Once, when the worker is gone, whatever ended it. */
  readonly onExit: (reason: string) => void;
}

export interface WorkerChannel {
  /** Of the process; null for a thread. */
  readonly pid: number | null;
  send(message: PoolMessage): void;
  /** Lets the worker finish what it was sent, then ends it. */
  end(): Promise<void>;
  /** Ends it now. A thread that computes cannot be ended without the process. */
  kill(): void;
}

const script = new URL('./worker.js', import.meta.url);

/** A worker that has not ended by then is killed. */
const patienceMs = 10_000;

/** A worker process that has no model yet. */
export interface SpareProcess {
  readonly child: ChildProcess;
  readonly heapMegabytes: number;
}

/** Of a process that is started before the configuration is known. */
export const spareHeapMegabytes = 512;

/** @param heapMegabytes of JavaScript's heap */
export function startSpare(heapMegabytes: number): SpareProcess {
  const child = fork(fileURLToPath(script), {
    execArgv: [`--max-old-space-size=${String(heapMegabytes)}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return { child, heapMegabytes };
}

/**
 * @param heapMegabytes of JavaScript's heap
 * @param spare is used where it fits, and ended where it does not
 */
export function openWorker(
  isolation: Isolation,
  handlers: WorkerHandlers,
  heapMegabytes: number,
  spare: SpareProcess | null,
): WorkerChannel {
  const fits = isolation === 'process' && spare?.heapMegabytes === heapMegabytes && spare.child.connected;
  if (!fits) spare?.child.kill('SIGKILL');
  if (isolation === 'thread') return openThread(handlers, heapMegabytes);
  return openProcess(handlers, fits ? spare : startSpare(heapMegabytes));
}

function openProcess({ onMessage, onExit }: WorkerHandlers, { child }: SpareProcess): WorkerChannel {
  let gone = false;
  const exit = (reason: string) => {
    if (gone) return;
    gone = true;
    onExit(reason);
  };
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      exit(signal === null ? `it ended with the status ${String(code)}` : `it was ended by ${signal}`);
      resolve();
    });
    child.once('error', (error) => {
      exit(error.message);
      resolve();
    });
  });
  child.on('message', (message) => {
    onMessage(message as WorkerMessage);
  });
  return {
    pid: child.pid ?? null,
    send: (message) => {
      // What is sent to a process that is gone is dropped; its exit says so.
      child.send(message, () => undefined);
    },
    async end() {
      child.send({ kind: 'end' } satisfies PoolMessage, () => undefined);
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await ended;
      clearTimeout(timer);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

function openThread({ onMessage, onExit }: WorkerHandlers, heapMegabytes: number): WorkerChannel {
  const worker = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } });
  let reason = 'it ended';
  worker.on('message', onMessage);
  worker.on('error', (error: unknown) => {
    reason = reasonOf(error);
  });
  worker.on('exit', () => {
    onExit(reason);
  });
  return {
    pid: null,
    send: (message) => {
      worker.postMessage(message);
    },
    end: () => endWorker(worker, { kind: 'end' } satisfies PoolMessage),
    kill: () => void worker.terminate(),
  };
}
