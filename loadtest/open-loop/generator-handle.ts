/** The generator's process as the one that started it sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { fail } from '../../core/errors.js';
import type { Progress, RunResult } from '../measurement.js';
import { reportSchema, type Command, type Plan, type Target } from './protocol.js';

export interface GeneratorHandle {
  /** One run at a time. When the signal is aborted the result holds what was measured until then. */
  run(plan: Plan, options?: RunOptions): Promise<RunResult>;
  close(): void;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Called every second. */
  readonly onProgress?: (progress: Progress) => void;
}

/** @throws RetortError loadtest_generator_died, and rejects with it a run that the process does not outlive */
export async function startGenerator(target: Target): Promise<GeneratorHandle> {
  const child = fork(new URL('./generator-process.js', import.meta.url), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const send = (command: Command) => child.send(command);
  const died = watchDeath(child);
  const ready = nextReport(child, (report) => (report.kind === 'ready' ? report : null));
  send({ kind: 'target', target });
  await Promise.race([ready, died]);
  return {
    async run(plan, { signal, onProgress } = {}) {
      // It may have ended together with this process.
      const stop = () => {
        if (child.connected) send({ kind: 'stop' });
      };
      signal?.addEventListener('abort', stop, { once: true });
      const finished = nextReport(child, (report) => {
        if (report.kind === 'progress') onProgress?.(report.progress);
        return report.kind === 'finished' ? report.result : null;
      });
      send({ kind: 'run', plan });
      if (signal?.aborted === true) stop();
      try {
        return await Promise.race([finished, died]);
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

type Report = ReturnType<typeof reportSchema.parse>;

/** Waits for the first message of which `pick` makes something. */
function nextReport<T>(child: ChildProcess, pick: (report: Report) => T | null): Promise<T> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      const picked = pick(reportSchema.parse(message));
      if (picked === null) return;
      child.off('message', listen);
      resolve(picked);
    };
    child.on('message', listen);
  });
}

function watchDeath(child: ChildProcess): Promise<never> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-1000)));
  const died = new Promise<never>((_resolve, reject) => {
    child.once('close', (code) => {
      reject(
        fail('loadtest_generator_died', {
          status: code ?? 'none',
          reason: complaint.trim() || 'it says nothing',
        }),
      );
    });
  });
  // Whoever waits for a run hears of it; between runs nobody does.
  died.catch(() => undefined);
  return died;
}
