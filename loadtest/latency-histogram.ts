/** Latencies in an HDR histogram: microseconds, three significant digits, whatever their range. */
import {
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  Int32Histogram,
  JsHistogram,
} from 'hdr-histogram-js';
import { z } from 'zod';

export const latencySummarySchema = z.strictObject({
  mean: z.number(),
  p50: z.number(),
  p90: z.number(),
  p97_5: z.number(),
  p99: z.number(),
  p99_9: z.number(),
  max: z.number(),
});
/** Milliseconds. */
export type LatencySummary = z.infer<typeof latencySummarySchema>;

export class LatencyHistogram {
  readonly #histogram: JsHistogram;

  constructor(histogram: JsHistogram = growing()) {
    this.#histogram = histogram;
  }

  /** Of `encode`, or of any HDR histogram in its compressed form, in microseconds. */
  static decode(encoded: string): LatencyHistogram {
    const histogram = decodeFromCompressedBase64(encoded);
    if (!(histogram instanceof JsHistogram)) throw new TypeError('not a histogram of this process');
    return new LatencyHistogram(histogram);
  }

  /** The compressed form of HdrHistogram V2, in base64, which its other implementations read too. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(milliseconds * 1000)));
  }

  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  /** Milliseconds; `percent` from 0 to 100. */
  percentile(percent: number): number {
    return this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /** How many of the values lie above, to the histogram's precision. */
  countAbove(milliseconds: number): number {
    return this.steps().reduce((sum, { ms, count }) => (ms > milliseconds ? sum + count : sum), 0);
  }

  /** Null when nothing was recorded. */
  summary(): LatencySummary | null {
    if (this.count === 0) return null;
    return {
      mean: this.#histogram.mean / 1000,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p97_5: this.percentile(97.5),
      p99: this.percentile(99),
      p99_9: this.percentile(99.9),
      max: this.percentile(100),
    };
  }

  /** Each value that was recorded, ascending, with how often. */
  steps(): { readonly ms: number; readonly count: number }[] {
    const steps: { ms: number; count: number }[] = [];
    const { recordedValuesIterator: iterator } = this.#histogram;
    iterator.reset();
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAddedInThisIterationStep } = iterator.next();
      steps.push({ ms: valueIteratedTo / 1000, count: countAddedInThisIterationStep });
    }
    return steps;
  }
}

/** One that takes any value: its highest grows with what is recorded. */
function growing(): Int32Histogram {
  const histogram = new Int32Histogram(1, 2, 3);
  histogram.autoResize = true;
  return histogram;
}
