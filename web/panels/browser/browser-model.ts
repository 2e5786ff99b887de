/** A model that runs in this browser: its worker, started, loaded, asked. */
import { PageFailure } from '../../api/client.js';
import type { Engine, LoadMessage, WorkerReply, WorkerRequest } from './worker-protocol.js';

export interface BrowserAnswer {
  readonly logits: readonly number[];
  /** Of the session alone. */
  readonly milliseconds: number;
}

/** Milliseconds in which a worker says that it runs. */
const patience = 10_000;

/** The code of a model that came and cannot be run here. */
export const REFUSED = 'browser_model_refused';

/** Threads of one session: more do not speed up one short text. */
const mostThreads = 4;

/** One, unless memory may be shared between threads. */
export function availableThreads(): number {
  return crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
}

export async function availableEngines(): Promise<readonly Engine[]> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter == null ? ['wasm'] : ['wasm', 'webgpu'];
}

export class BrowserModel {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (answer: BrowserAnswer) => void; readonly reject: (error: Error) => void }
  >();
  #calls = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @throws RequestFailure webassembly_missing, worker_blocked, browser_model, browser_model_refused */
  static async load(
    message: LoadMessage,
    onProgress: (received: number, total: number, cached: boolean) => void,
  ): Promise<BrowserModel> {
    if (typeof WebAssembly === 'undefined') throw new PageFailure('webassembly_missing');
    const worker = new Worker(new URL('./inference.worker.ts', import.meta.url), { type: 'module' });
    const model = new BrowserModel(worker);
    try {
      await model.#start(message, onProgress);
    } catch (thrown) {
      model.close();
      throw thrown;
    }
    return model;
  }

  run(ids: readonly number[]): Promise<BrowserAnswer> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#send({ kind: 'run', call, ids });
    });
  }

  close(): void {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new DOMException('closed', 'AbortError'));
  }

  #send(message: WorkerRequest): void {
    this.#worker.postMessage(message);
  }

  #start(
    message: LoadMessage,
    onProgress: (received: number, total: number, cached: boolean) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const blocked = () => reject(new PageFailure('worker_blocked'));
      const timer = setTimeout(blocked, patience);
      this.#worker.addEventListener('error', blocked);
      this.#worker.addEventListener('message', ({ data }: MessageEvent<WorkerReply>) => {
        switch (data.kind) {
          case 'started':
            clearTimeout(timer);
            this.#send(message);
            break;
          case 'progress':
            onProgress(data.received, data.total, data.cached);
            break;
          case 'loaded':
            resolve();
            break;
          case 'refused':
            reject(new PageFailure(REFUSED, data.message));
            break;
          case 'logits':
            this.#take(data.call)?.resolve(data);
            break;
          case 'failed': {
            const failure = new PageFailure('browser_model', data.message);
            if (data.call === null) reject(failure);
            else this.#take(data.call)?.reject(failure);
          }
        }
      });
    });
  }

  #take(call: number) {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }
}
