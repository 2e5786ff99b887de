/** A sparse matrix by rows (compressed sparse row): products with it and with its transpose. */

export class SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Where each row starts among the elements, and where the last ends: [rows + 1]. */
  readonly #starts: Int32Array;
  /** The column of each element. */
  readonly #places: Int32Array;
  readonly #values: Float64Array;

  /** @param rows the columns of each row's elements; `valuesOf` gives these elements, in their order */
  constructor(
    rows: readonly ArrayLike<number>[],
    columns: number,
    valuesOf: (places: ArrayLike<number>, row: number) => ArrayLike<number>,
  ) {
    this.rows = rows.length;
    this.columns = columns;
    this.#starts = new Int32Array(rows.length + 1);
    rows.forEach((places, row) => {
      this.#starts[row + 1] = (this.#starts[row] ?? 0) + places.length;
    });
    const elements = this.#starts[rows.length] ?? 0;
    this.#places = new Int32Array(elements);
    this.#values = new Float64Array(elements);
    rows.forEach((places, row) => {
      this.#places.set(places, this.#starts[row]);
      this.#values.set(valuesOf(places, row), this.#starts[row]);
    });
  }

  /** A x: [columns] -> [rows] */
  times(x: Float64Array): Float64Array {
    const product = new Float64Array(this.rows);
    const [places, values] = [this.#places, this.#values];
    for (let row = 0, place = 0; row < this.rows; row += 1) {
      const end = this.#starts[row + 1] ?? 0;
      let sum = 0;
      for (; place < end; place += 1) sum += (values[place] ?? 0) * (x[places[place] ?? 0] ?? 0);
      product[row] = sum;
    }
    return product;
  }

  /** The transpose of A times y: [rows] -> [columns] */
  transposeTimes(y: Float64Array): Float64Array {
    const product = new Float64Array(this.columns);
    const [places, values] = [this.#places, this.#values];
    for (let row = 0, place = 0; row < this.rows; row += 1) {
      const end = this.#starts[row + 1] ?? 0;
      const factor = y[row] ?? 0;
      for (; place < end; place += 1) {
        const column = places[place] ?? 0;
        product[column] = (product[column] ?? 0) + (values[place] ?? 0) * factor;
      }
    }
    return product;
  }
}
