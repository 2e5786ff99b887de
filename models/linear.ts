/**
 * Logistic regression over the n-grams of a text, weighted by inverse document frequency and normalised to length 1:
 *
 *     z = b + sum_g w_g idf_g / sqrt(sum_g idf_g^2), over the distinct n-grams g of the text; logits = [-z/2, z/2]
 *
 * TF-IDF with binary term frequency: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 6.4.
 */
import { z } from 'zod';
import { float32 } from '../core/tensor.js';
import type { Network } from './network.js';
import { positionsOf, withinLengths } from './positions.js';

const linearConfigSchema = z.strictObject({
  /** Ids: 0 is of no n-gram. */
  vocabularySize: z.int().min(2),
});

type LinearConfig = z.infer<typeof linearConfigSchema>;

export const linear: Network<LinearConfig> = {
  kind: 'linear',
  configSchema: linearConfigSchema,

  parameters({ vocabularySize }) {
    const zero = { kind: 'constant', value: 0 } as const;
    return [
      // Of each n-gram w idf and idf^2; of the id 0 nothing.
      { name: 'ngrams', shape: [vocabularySize, 2], initialization: zero, rowSparse: true },
      { name: 'bias', shape: [1], initialization: zero },
    ];
  },

  inputs() {
    return [
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] },
      { name: 'sequence_lengths', dtype: 'int32', shape: ['batch_size'] },
    ];
  },

  outputs() {
    return [{ name: 'logits', dtype: 'float32', shape: ['batch_size', 2] }];
  },

  dropoutSites() {
    return [];
  },

  forward(ops, _, { ngrams, bias }, { input_ids: ids, sequence_lengths: lengths }) {
    if (ngrams === undefined || bias === undefined || ids === undefined || lengths === undefined)
      throw new RangeError('the linear network needs ngrams, bias, input_ids and sequence_lengths');
    const rows = ops.gather(ngrams, ids, 0); // [batch, time, 2]
    const within = ops.cast(withinLengths(ops, positionsOf(ops, ids), lengths), 'float32');
    const sums = ops.reduceSum(ops.mul(rows, ops.unsqueeze(within, [2])), [1], false); // [batch, 2]
    const [weighted, squares] = [ops.slice(sums, 1, 0, 1), ops.slice(sums, 1, 1, 2)]; // [batch, 1]
    // idf^2 is at least 1 where there is an n-gram, so that the small number changes a text without any alone.
    const length = ops.sqrt(ops.add(squares, ops.constant(float32([1e-12], [1]))));
    const score = ops.add(ops.div(weighted, length), bias);
    return { logits: ops.mul(score, ops.constant(float32([-0.5, 0.5], [1, 2]))) };
  },
};
