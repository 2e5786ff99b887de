/** An engine that adds up ids, for tests of the comparison alone. */
import type { Bundle } from '../../../core/bundle/read.js';
import { networkOf } from '../../../models/networks.js';
import type { Engine } from '../../../serving/comparison/engine.js';

const config = { vocabularySize: 9, embedding: 2, hidden: 2, inner: 2, classes: 2 };
const { inputs } = networkOf('bilstm', config);

/** Its golden texts are [1, 2, 3], [4] and [5, 6]. */
export function stubBundle(
  variants: readonly { readonly precision: string; readonly scheme?: string }[] = [{ precision: 'fp32' }],
): Bundle {
  return {
    manifest: {
      name: 'tiny',
      version: '1',
      labels: ['negative', 'positive'],
      network: { kind: 'bilstm', config },
      inputs,
      variants: variants.map((variant) => ({
        ...variant,
        file: `${variant.scheme ?? variant.precision}.onnx`,
      })),
    },
    golden: {
      cases: [
        { text: 'a', ids: [1, 2, 3] },
        { text: 'b', ids: [4] },
        { text: 'c', ids: [5, 6] },
      ],
    },
  } as unknown as Bundle;
}

export interface StubOptions {
  /** Every run and close is noted. */
  readonly log?: string[];
  readonly computes?: Engine['computes'];
  /** Changes a batch's logits. */
  readonly tamper?: (logits: number[], precision: string) => number[];
}

/** Logits [sum of ids, 4.5] a row. */
export function stubEngine(name: string, options: StubOptions = {}): Engine {
  const { log = [], computes = 'fp32', tamper = (logits: number[]) => logits } = options;
  return {
    name,
    description: `a stub called ${name}`,
    computes,
    prepare: async (_bundle, threads, variant) => ({
      threading: `${threads} threads`,
      run: async (batch) => {
        log.push(name);
        const ids = batch.feeds.input_ids!;
        const width = ids.shape[1]!;
        const logits = Array.from({ length: batch.rows }, (_, row) => [
          Array.from(ids.data, Number)
            .slice(row * width, (row + 1) * width)
            .reduce((a, b) => a + b, 0),
          4.5,
        ]).flat();
        return Float32Array.from(tamper(logits, variant!.precision));
      },
      close: async () => {
        log.push(`${name} closed`);
      },
    }),
    profile: async () => ({ totalMs: 4, kernelMs: 2, dispatchMs: 1, copiesMs: 1, ops: [] }),
  };
}

/** A millisecond passes between two looks, however long anything takes. */
export function steadyClock(): () => number {
  let time = 0;
  return () => time++;
}
