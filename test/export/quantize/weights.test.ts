/** Weights in 8 bits stand for what they were, within half a step. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { float32 } from '../../../core/tensor.js';
import { halfBits } from '../../../core/half.js';
import { columnsOf, transposed } from '../../../export/optimize/matrix.js';
import { quantizeColumns } from '../../../export/quantize/weights.js';

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.float({ min: -8, max: 8, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values) => float32(values, [rows, columns])),
  );
const forms = fc.record({
  type: fc.constantFrom('int8' as const, 'uint8' as const),
  bits: fc.constantFrom(7 as const, 8 as const),
  perColumn: fc.boolean(),
});

test('a quantised weight is within half a step of what it was, and within its bits', () => {
  fc.assert(
    fc.property(matrices, forms, (matrix, form) => {
      const { values, scales, zeros } = quantizeColumns(matrix, form);
      const columns = matrix.shape[1]!;
      matrix.data.forEach((weight, i) => {
        const place = form.perColumn ? i % columns : 0;
        const step = scales.data[place]!;
        const q = Number(values.data[i]) - Number(zeros.data[place]);
        expect(Math.abs(q)).toBeLessThan(2 ** (form.bits - 1));
        expect(Math.abs(q * step - weight)).toBeLessThanOrEqual(step / 2 + 1e-6);
      });
    }),
  );
});

test('columns and transposition', () => {
  const matrix = float32([1, 2, 3, 4, 5, 6], [2, 3]);
  expect(Array.from(columnsOf(matrix, 1, 3).data)).toEqual([2, 3, 5, 6]);
  expect(transposed(matrix)).toEqual(float32([1, 4, 2, 5, 3, 6], [3, 2]));
});

// IEEE 754 binary16: the values that its standard's tables give.
test.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [Infinity, 0x7c00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [3 * 2 ** -25, 0x0002],
  [0.1, 0x2e66],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [-0, 0x8000],
  [NaN, 0x7e00],
])('%p has the 16 bits %p', (value, bits) => {
  expect(halfBits(value)).toBe(bits);
});
