/** One bundle's tokenizer and one session: texts or ids in, logits out. Runs on the calling thread. */
import { bucketLimits } from '../core/batching/buckets.js';
import { groupByLength, largestGroup } from '../core/batching/group-by-length.js';
import { longestRow } from '../core/bundle/longest-row.js';
import type { Golden, Manifest } from '../core/bundle/manifest.js';
import { type Bundle, readGolden } from '../core/bundle/read.js';
import { openWithProvider, type OpenedSession } from '../core/engines/open-with-provider.js';
import { fail } from '../core/errors.js';
import { describeMachine } from '../core/machine.js';
import { paddedBatch } from '../core/padded-batch.js';
import type { Tensor } from '../core/tensor.js';
import type { Piece, Tokenizer } from '../core/text/tokenizer.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import { multipliesExactly } from '../core/weight-form.js';
import { defaultSessionSettings, type SessionSettings } from './session-settings.js';

/** What is asked: a text, with the pieces that its ids stand for where they are wanted, or the ids of one. */
export type Item = { readonly text: string; readonly pieces?: boolean } | { readonly ids: readonly number[] };

export interface Prediction {
  /** In the order of the manifest's labels. */
  readonly logits: readonly number[];
  /** Ids that the network read. */
  readonly words: number;
  /** Absent where they were not asked for, or the tokenizer cannot tell them. */
  readonly pieces?: readonly Piece[];
}

export interface PredictionBatch {
  readonly predictions: readonly Prediction[];
  /** Ids that were computed, padding counted. */
  readonly computed: number;
  readonly tokenizeMs: number;
  readonly inferMs: number;
}

/** Rows of the largest batch that is warmed, at the longest length. */
const warmRows = 8;
/** A logit's difference beside batch-mates that is the order of additions, not a scale taken over the batch. */
const additionError = 1e-5;

export class Predictor {
  readonly tokenizer: Tokenizer;
  /** The execution provider in use. */
  readonly provider: string;
  /** Of the variant that runs. */
  readonly precision: string;
  /** That holds it, by the manifest. */
  readonly file: string;
  readonly warnings: readonly string[];
  readonly #session: OpenedSession['session'];
  #rowByRow = false;

  private constructor(
    tokenizer: Tokenizer,
    { session, provider, warnings }: OpenedSession,
    { precision, file }: Manifest['variants'][number],
  ) {
    this.tokenizer = tokenizer;
    this.provider = provider;
    this.precision = precision;
    this.file = file;
    this.warnings = [...tokenizer.warnings, ...warnings];
    this.#session = session;
  }

  /**
   * Loads a variant of the bundle, warms it, and checks its logits against the bundle's golden ones.
   * @throws RetortError of the tokenizer and the session; bundle_parity when a logit is not what the export gave
   */
  static async open(
    bundle: Bundle,
    intraOpThreads: number,
    differing: Partial<SessionSettings> = {},
  ): Promise<Predictor> {
    const settings = { ...defaultSessionSettings, ...differing };
    const { provider, fallback, optimization, spinning, extra } = settings;
    const variant = variantOf(bundle, settings);
    const [golden, tokenizer, opened] = await Promise.all([
      readGolden(bundle, variant),
      loadTokenizer(bundle.manifest.tokenizer, bundle.folder),
      openWithProvider(
        bundle.path(variant.file),
        { provider, fallback },
        { intraOpThreads, optimization, spinning, extra },
      ),
    ]);
    const predictor = new Predictor(tokenizer, opened, variant);
    await predictor.#probe(golden);
    await predictor.#warm(longestRow(bundle.manifest));
    await predictor.#checkParity(golden, bundle.folder);
    return predictor;
  }

  /** Whether a row's logits depend on its batch-mates, as DynamicQuantizeLSTM's do; rows are then run one by one. */
  get rowByRow(): boolean {
    return this.#rowByRow;
  }

  async run(items: readonly Item[]): Promise<PredictionBatch> {
    const started = performance.now();
    const pieces = items.map((item) =>
      'text' in item && item.pieces === true ? (this.tokenizer.pieces?.(item.text) ?? null) : null,
    );
    const rows = items.map((item, place) => {
      if ('ids' in item) return item.ids;
      return pieces[place]?.map(({ id }) => id) ?? this.tokenizer.encode(item.text);
    });
    const tokenized = performance.now();
    const predictions = new Array<Prediction>(rows.length);
    const lengths = rows.map((ids) => ids.length);
    let computed = 0;
    for (const places of groupByLength(lengths, this.#rowByRow ? 1 : largestGroup)) {
      computed += places.length * Math.max(...places.map((place) => lengths[place] ?? 0));
      const logits = await this.#infer(places.map((place) => rows[place] ?? []));
      places.forEach((place, index) => {
        const found = pieces[place];
        predictions[place] = {
          logits: logits[index] ?? [],
          words: lengths[place] ?? 0,
          ...(found == null ? {} : { pieces: found }),
        };
      });
    }
    return { predictions, computed, tokenizeMs: tokenized - started, inferMs: performance.now() - tokenized };
  }

  /** Runs tensors as they are, by the names of the network's inputs. @throws RetortError session_run_failed */
  runTensors(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    return this.#session.run(feeds);
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

  /** Compares a row's logits alone with those beside a longer row: what a graph computes says what it is. */
  async #probe(golden: Golden): Promise<void> {
    const row = golden.cases[0]?.ids ?? [];
    const mate = Array.from({ length: row.length + 3 }, (_, place) => row[place % row.length] ?? 0);
    const [[alone = []], [beside = []]] = [await this.#infer([row]), await this.#infer([row, mate])];
    const accepted = this.provider === 'cpu' ? additionError : golden.tolerance;
    this.#rowByRow = !(largestDifference(alone, beside) <= accepted);
  }

  /** ONNX Runtime plans its memory at a shape's first run, so each bucket is run once. */
  async #warm(longest: number): Promise<void> {
    const row = (length: number) => Array.from({ length }, () => 1);
    for (const length of bucketLimits(longest)) await this.#infer([row(length)]);
    if (!this.#rowByRow) await this.#infer(Array.from({ length: warmRows }, () => row(longest)));
  }

  async #checkParity(golden: Golden, folder: string): Promise<void> {
    const { predictions } = await this.run(golden.cases.map(({ text }) => ({ text })));
    golden.cases.forEach(({ logits, text }, index) => {
      const difference = largestDifference(logits, predictions[index]?.logits ?? []);
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

function variantOf({ manifest, folder }: Bundle, { precision, provider }: SessionSettings) {
  const { variants } = manifest;
  const inPrecision = (wanted: string) => variants.find((candidate) => candidate.precision === wanted);
  const variant =
    precision === 'auto' ? (quickOn(provider, variants) ?? variants[0]) : inPrecision(precision);
  if (variant === undefined) {
    const known = variants.map((candidate) => candidate.precision).join(', ');
    throw fail('variant_missing', { path: folder, precision, known });
  }
  return variant;
}

/** What computes in fewer bits than 32 where this provider is quick at that. */
function quickOn(provider: SessionSettings['provider'], variants: Manifest['variants']) {
  if (provider === 'cuda' || provider === 'tensorrt') return variants.find(({ scheme }) => scheme === 'fp16');
  if (provider !== 'cpu') return undefined;
  const machine = describeMachine();
  return variants.find(({ weights }) => weights !== undefined && multipliesExactly(machine, weights));
}

function largestDifference(expected: readonly number[], found: readonly number[]): number {
  return Math.max(...expected.map((logit, k) => Math.abs(logit - (found[k] ?? Infinity))));
}
