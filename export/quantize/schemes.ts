/** Every scheme there is: adding one is an entry here, and a file for each rule that it brings. */
import { fail } from '../../core/errors.js';
import { latencyRules } from '../optimize/rules.js';
import { openEmbedding } from '../optimize/rules/open-embedding.js';
import { openGemm } from '../optimize/rules/open-gemm.js';
import { blocksOf4Bits } from './rules/blocks-of-4-bits.js';
import { halfCompute, narrowedAgain } from './rules/half-compute.js';
import { halfStorage } from './rules/half-storage.js';
import { fixedScaleLstm } from './rules/fixed-scale-lstm.js';
import { integerLstm } from './rules/integer-lstm.js';
import { integerProduct } from './rules/integer-product.js';
import { storedColumns } from './rules/stored-columns.js';
import { storedRows } from './rules/stored-rows.js';
import { tanhGelu } from './rules/tanh-gelu.js';
import { widenedConstant } from './rules/widened-constant.js';
import { widenedHalf } from './rules/widened-half.js';
import type { Scheme } from './scheme.js';

const openForm = [widenedConstant, widenedHalf, openEmbedding, openGemm, ...latencyRules];
/** Elements of a table; the file grows by less than it shrinks from here on. */
const smallestStored = 1024;

export const schemes: readonly Scheme[] = [
  {
    name: 'int8',
    summary: 'products and LSTMs in 8-bit integers, activations scaled as they come; tables stored as int8',
    precision: 'int8',
    computesIn: 'integers',
    dependsOnBatch: true,
    needsRanges: false,
    preparations: openForm,
    rules: (settings) => [integerProduct(settings), integerLstm(settings), storedRows(settings)],
  },
  {
    name: 'int8-calibrated',
    summary:
      'products and LSTMs in 8-bit integers, activations scaled by ranges measured on texts; tables stored as int8',
    precision: 'int8',
    computesIn: 'integers',
    dependsOnBatch: false,
    needsRanges: true,
    preparations: openForm,
    rules: (settings) => [integerProduct(settings), fixedScaleLstm(settings), tanhGelu, storedRows(settings)],
  },
  {
    name: 'int4',
    summary: 'products with weights in 4 bits, in blocks of 32 (MatMulNBits); tables stored as int8',
    precision: 'int4',
    computesIn: 'integers',
    dependsOnBatch: false,
    needsRanges: false,
    preparations: openForm,
    rules: (settings) => [blocksOf4Bits, storedRows(settings)],
  },
  {
    name: 'int8-stored',
    summary: 'matrices and tables stored as int8, computed in fp32: a quarter of the file',
    precision: 'int8',
    computesIn: 'fp32',
    dependsOnBatch: false,
    needsRanges: false,
    preparations: [openEmbedding],
    rules: (settings) => [storedColumns(settings), storedRows(settings, smallestStored)],
  },
  {
    name: 'fp16',
    summary: 'computed in 16 bits, for CUDA: a CPU widens each operator again and gains nothing',
    precision: 'fp16',
    computesIn: 'fp16',
    dependsOnBatch: false,
    needsRanges: false,
    preparations: [widenedConstant, widenedHalf, openGemm],
    rules: () => [halfCompute, narrowedAgain],
  },
  {
    name: 'fp16-stored',
    summary: 'constants stored in 16 bits, computed in fp32: half the file',
    precision: 'fp16',
    computesIn: 'fp32',
    dependsOnBatch: false,
    needsRanges: false,
    preparations: [],
    rules: () => [halfStorage],
  },
];

export const schemeNames: readonly string[] = schemes.map(({ name }) => name);

/** @throws RetortError scheme_unknown */
export function schemeOf(name: string): Scheme {
  const found = schemes.find((scheme) => scheme.name === name);
  if (found === undefined) throw fail('scheme_unknown', { name, known: schemeNames.join(', ') });
  return found;
}

/** What is quickest on CPU: fixed scales where there are texts to measure them on, since rows can then share a batch. */
export function bestScheme(hasTexts: boolean): Scheme {
  return schemeOf(hasTexts ? 'int8-calibrated' : 'int8');
}
