/** Handles of a predictor's inputs and outputs: filled, run, and read without looking anything up again. */
import { fail } from '../../core/errors.js';
import { type DType, sizeOf, tensor, type Tensor } from '../../core/tensor.js';

export interface Port {
  readonly name: string;
  readonly dtype: DType;
  /** A string is a dynamic axis. */
  readonly shape: readonly (number | string)[];
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

/** An input. Its buffer grows when a shape needs more, and is used again for every shape that fits. */
export class InputHandle {
  readonly name: string;
  readonly dtype: DType;
  readonly #declared: Port['shape'];
  #buffer: Tensor['data'];
  #shape: readonly number[] = [0];

  constructor({ name, dtype, shape }: Port) {
    this.name = name;
    this.dtype = dtype;
    this.#declared = shape;
    this.#buffer = new arrays[dtype](0);
  }

  get shape(): readonly number[] {
    return this.#shape;
  }

  /**
   * Sets the shape of the next run. What the buffer holds stays where it is.
   * @throws RetortError input_shape_invalid
   */
  reshape(shape: readonly number[]): this {
    const declared = this.#declared;
    const fits =
      shape.length === declared.length &&
      shape.every((size, axis) => {
        const wanted = declared[axis];
        return Number.isSafeInteger(size) && size > 0 && (typeof wanted === 'string' || wanted === size);
      });
    if (!fits) {
      throw fail('input_shape_invalid', {
        name: this.name,
        shape: shape.join(', '),
        declared: declared.join(', '),
      });
    }
    this.#shape = [...shape];
    const size = sizeOf(shape);
    if (size > this.#buffer.length) {
      const grown = new arrays[this.dtype](size);
      copyInto(grown, this.#buffer);
      this.#buffer = grown;
    }
    return this;
  }

  /** The elements of the shape, in row-major order: a view of the buffer, to be written into. */
  get data(): Tensor['data'] {
    return this.#buffer.subarray(0, sizeOf(this.#shape));
  }

  /**
   * Copies elements in; numbers become BigInt where the input is int64.
   * @throws RetortError input_shape_invalid where they are not as many as the shape has; input_elements_invalid
   */
  copyFrom(values: ArrayLike<number> | ArrayLike<bigint>): this {
    const { data } = this;
    if (values.length !== data.length) {
      throw fail('input_shape_invalid', {
        name: this.name,
        shape: `${String(values.length)} elements`,
        declared: this.#shape.join(', '),
      });
    }
    if (data instanceof BigInt64Array) {
      for (let i = 0; i < values.length; i += 1) {
        const value = values[i];
        if (typeof value === 'number' && !Number.isSafeInteger(value))
          throw fail('input_elements_invalid', { name: this.name, dtype: this.dtype, value: String(value) });
      }
    }
    copyInto(data, values);
    return this;
  }

  tensor(): Tensor {
    return tensorOf(this.dtype, this.data, this.#shape);
  }
}

/** An output of the latest run. */
export class OutputHandle {
  readonly name: string;
  readonly dtype: DType;
  #value: Tensor | null = null;

  constructor({ name, dtype }: Pick<Port, 'name' | 'dtype'>) {
    this.name = name;
    this.dtype = dtype;
  }

  /** @throws RetortError output_not_ready before the first run */
  get shape(): readonly number[] {
    return this.#latest.shape;
  }

  /** Of the latest run; the next run gives another array. @throws RetortError output_not_ready */
  get data(): Tensor['data'] {
    return this.#latest.data;
  }

  set(value: Tensor): void {
    this.#value = value;
  }

  get #latest(): Tensor {
    if (this.#value === null) throw fail('output_not_ready', { name: this.name });
    return this.#value;
  }
}

function copyInto(target: Tensor['data'], values: ArrayLike<number> | ArrayLike<bigint>): void {
  if (target instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i += 1) target[i] = BigInt(values[i] ?? 0);
  } else for (let i = 0; i < values.length; i += 1) target[i] = Number(values[i] ?? 0);
}

/** The buffer has the dtype's array by construction. */
function tensorOf(dtype: DType, data: Tensor['data'], shape: readonly number[]): Tensor {
  return tensor(dtype, data as never, shape) as Tensor;
}
