/** Matrices [rows, columns], row by row. */
import { tensor, type TensorOf } from '../../core/tensor.js';

/** Columns from `start` to `end` of a matrix. */
export function columnsOf(
  { data, shape }: TensorOf<'float32'>,
  start: number,
  end: number,
): TensorOf<'float32'> {
  const [rows = 0, columns = 0] = shape;
  const width = end - start;
  const taken = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1)
    taken.set(data.subarray(row * columns + start, row * columns + end), row * width);
  return tensor('float32', taken, [rows, width]);
}

/** [rows, columns] as [columns, rows] */
export function transposed({ data, shape }: TensorOf<'float32'>): TensorOf<'float32'> {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = data[row * columns + column] ?? 0;
  return tensor('float32', turned, [columns, rows]);
}
