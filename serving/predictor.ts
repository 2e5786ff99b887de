/** One bundle's tokenizer and one session: texts or ids in, logits out. Runs on the calling thread. */
import type { Bundle } from '../core/bundle/read.js';
import { openSession, type Session } from '../core/engines/session.js';
import { fail } from '../core/errors.js';
import { paddedBatch } from '../core/padded-batch.js';
import type { Tokenizer } from '../core/text/tokenizer.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import { groupByLength } from './batch-policy.js';

/** What is asked: a text, or the ids of one. */
export type Item = { readonly text: string } | { readonly ids: readonly number[] };

export interface Prediction {
  /** In the order of the manifest's labels. */
  readonly logits: readonly number[];
  /** Ids that the network read. */
  readonly words: number;
}

export interface PredictionBatch {
  readonly predictions: readonly Prediction[];
  readonly tokenizeMs: number;
  readonly inferMs: number;
}

/** Rows of one run of the session. */
const largestGroup = 32;
/** Lengths that are run once before the first request: ONNX Runtime plans its memory at a shape's first run. */
const warmLengths = [1, 8, 32, 128];

export class Predictor {
  readonly tokenizer: Tokenizer;
  readonly #session: Session;

  private constructor(tokenizer: Tokenizer, session: Session) {
    this.tokenizer = tokenizer;
    this.#session = session;
  }

  /**
   * Loads the bundle's first variant, warms it, and checks its logits against the bundle's golden ones.
   * @throws RetortError of the tokenizer and the session; bundle_parity when a logit is not what the export gave
   */
  static async open(bundle: Bundle, intraOpThreads: number): Promise<Predictor> {
    const [variant] = bundle.manifest.variants;
    if (variant === undefined)
      throw fail('bundle_malformed', { path: bundle.folder, reason: 'it has no variant' });
    const [tokenizer, session] = await Promise.all([
      loadTokenizer(bundle.manifest.tokenizer, bundle.folder),
      openSession(bundle.path(variant.file), { intraOpThreads }),
    ]);
    const predictor = new Predictor(tokenizer, session);
    for (const length of warmLengths) await predictor.run([{ ids: Array.from({ length }, () => 1) }]);
    await predictor.#checkParity(bundle);
    return predictor;
  }

  async run(items: readonly Item[]): Promise<PredictionBatch> {
    const started = performance.now();
    const rows = items.map((item) => ('ids' in item ? item.ids : this.tokenizer.encode(item.text)));
    const tokenized = performance.now();
    const predictions = new Array<Prediction>(rows.length);
    const lengths = rows.map((ids) => ids.length);
    for (const places of groupByLength(lengths, largestGroup)) {
      const logits = await this.#infer(places.map((place) => rows[place] ?? []));
      places.forEach((place, index) => {
        predictions[place] = { logits: logits[index] ?? [], words: lengths[place] ?? 0 };
      });
    }
    return { predictions, tokenizeMs: tokenized - started, inferMs: performance.now() - tokenized };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #infer(rows: readonly (readonly number[])[]): Promise<number[][]> {
    const { logits } = await this.#session.run(paddedBatch(rows));
    if (logits?.dtype !== 'float32')
      throw fail('session_run_failed', { reason: 'the network gave no float32 logits' });
    const classes = logits.data.length / rows.length;
    return rows.map((_, index) => Array.from(logits.data.subarray(index * classes, (index + 1) * classes)));
  }

  async #checkParity({ golden, folder }: Bundle): Promise<void> {
    const { predictions } = await this.run(golden.cases.map(({ text }) => ({ text })));
    golden.cases.forEach(({ logits, text }, index) => {
      const found = predictions[index]?.logits ?? [];
      const difference = Math.max(...logits.map((logit, k) => Math.abs(logit - (found[k] ?? Infinity))));
      if (!(difference <= golden.tolerance)) {
        throw fail('bundle_parity', {
          path: folder,
          text: text.slice(0, 40),
          difference: difference.toExponential(2),
          tolerance: golden.tolerance,
        });
      }
    });
  }
}
