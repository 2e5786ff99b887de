/**
 * x W + b with W in 4 bits, one scale a block of rows of a column: MatMulNBits. q = round(w / scale) + 8, with
 * scale = max |w| / 7 over the block.
 */
import { int } from '../../../core/graph/attributes.js';
import { tensor, type TensorOf } from '../../../core/tensor.js';
import { productRule } from '../product-rule.js';

const blockSize = 32;
/** The left side is taken as int8 a block, which has the quickest kernels. */
const int8Accuracy = 4;

export const blocksOf4Bits = productRule(
  'blocks-of-4-bits',
  (editor, { x, weights, weightsName, bias, output }) => {
    const [rows = 0, columns = 0] = weights.shape;
    const { packed, scales } = pack(weights);
    editor.add({
      opType: 'MatMulNBits',
      domain: 'com.microsoft',
      inputs: [
        x,
        editor.initializer(`${weightsName}.int4`, packed),
        editor.initializer(`${weightsName}.scale`, scales),
        ...(bias === null ? [] : ['', '', bias]),
      ],
      outputs: [output],
      attributes: {
        K: int(rows),
        N: int(columns),
        bits: int(4),
        block_size: int(blockSize),
        accuracy_level: int(int8Accuracy),
      },
    });
  },
);

/** Values of [columns, blocks, blockSize / 2], two a byte, the lower half first; scales of [columns, blocks]. */
export function pack({ data, shape }: TensorOf<'float32'>): {
  packed: TensorOf<'uint8'>;
  scales: TensorOf<'float32'>;
} {
  const [rows = 0, columns = 0] = shape;
  const blocks = Math.ceil(rows / blockSize);
  const packed = new Uint8Array((columns * blocks * blockSize) / 2);
  const scales = new Float32Array(columns * blocks);
  for (let column = 0; column < columns; column += 1)
    for (let block = 0; block < blocks; block += 1) {
      const value = (place: number) => {
        const row = block * blockSize + place;
        return row < rows ? (data[row * columns + column] ?? 0) : 0;
      };
      let largest = 0;
      for (let place = 0; place < blockSize; place += 1) largest = Math.max(largest, Math.abs(value(place)));
      const scale = largest / 7;
      scales[column * blocks + block] = scale;
      const quantized = (place: number) => (scale === 0 ? 8 : Math.round(value(place) / scale) + 8);
      const start = ((column * blocks + block) * blockSize) / 2;
      for (let pair = 0; pair < blockSize / 2; pair += 1)
        packed[start + pair] = quantized(2 * pair) | (quantized(2 * pair + 1) << 4);
    }
  return {
    packed: tensor('uint8', packed, [columns, blocks, blockSize / 2]),
    scales: tensor('float32', scales, [columns, blocks]),
  };
}
