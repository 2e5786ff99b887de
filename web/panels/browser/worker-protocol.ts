/** What the page and its inference worker say to each other. */

export type Engine = 'wasm' | 'webgpu';

export interface LoadMessage {
  readonly kind: 'load';
  readonly engine: Engine;
  readonly threads: number;
  readonly model: {
    readonly url: string;
    /** That the server wants with a request for it. */
    readonly headers: Readonly<Record<string, string>>;
    readonly bytes: number;
    readonly sha256: string;
  };
}

/** One text: its ids, and the logits come back. */
export interface RunMessage {
  readonly kind: 'run';
  readonly call: number;
  readonly ids: readonly number[];
}

export type WorkerRequest = LoadMessage | RunMessage;

export type WorkerReply =
  | { readonly kind: 'started' }
  | { readonly kind: 'progress'; readonly received: number; readonly total: number; readonly cached: boolean }
  | { readonly kind: 'loaded' }
  /** The model came, and ONNX Runtime here cannot run it. */
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'logits';
      readonly call: number;
      readonly logits: readonly number[];
      readonly milliseconds: number;
    }
  | { readonly kind: 'failed'; readonly call: number | null; readonly message: string };
