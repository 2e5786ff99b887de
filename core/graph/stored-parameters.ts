/**
 * Parameters as a graph's initializers hold them: under their own name, in 16 bits, as int8 beside their scales, or
 * side by side with others in one tensor that is called by all of their names.
 */
import { widenHalf } from '../half.js';
import { tensor, type Tensor, toNumbers } from '../tensor.js';

export const quantizedName = (name: string) => `${name}.int8`;
export const halfName = (name: string) => `${name}.fp16`;
export const scaleName = (name: string) => `${name}.scale`;

const between = '|';
const storageSuffix = /\.(int8|fp16)$/;

/** The name of what is stored under this one. */
export const storedName = (key: string) => key.replace(storageSuffix, '');

/** Of tensors with as many columns, or vectors as long, one beside the other. */
export const packedName = (names: readonly string[]) => names.join(between);

/** The tensor of that name, widened to float32 where it is stored in fewer bits; undefined where there is none. */
export function storedTensor(initializers: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const own = plainTensor(initializers, name);
  if (own !== undefined) return own;
  for (const key of initializers.keys()) {
    const packed = storedName(key);
    const names = packed.split(between);
    const place = names.indexOf(name);
    const whole = names.length > 1 && place >= 0 ? plainTensor(initializers, packed) : undefined;
    if (whole !== undefined) return part(whole, place, names.length);
  }
  return undefined;
}

/** A matrix of [rows, columns] has scales of [rows, 1] or [1, columns]: value = q * scale. */
function plainTensor(initializers: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const half = initializers.get(halfName(name));
  if (half?.dtype === 'float16') return tensor('float32', widenHalf(half.data), half.shape);
  const [quantized, scales] = [initializers.get(quantizedName(name)), initializers.get(scaleName(name))];
  if (quantized === undefined || scales === undefined) return initializers.get(name);
  const columns = quantized.shape[1] ?? 1;
  const [scaleRows = 1, scaleColumns = 1] = scales.shape;
  const factors = toNumbers(scales);
  const widened = Float32Array.from(toNumbers(quantized), (q, i) => {
    const row = scaleRows === 1 ? 0 : Math.floor(i / columns);
    const column = scaleColumns === 1 ? 0 : i % columns;
    return q * (factors[row * scaleColumns + column] ?? 0);
  });
  return tensor('float32', widened, quantized.shape);
}

/** One of the equal parts that stand side by side on the last axis. */
function part(whole: Tensor, place: number, parts: number): Tensor {
  const all = whole.shape.at(-1) ?? 0;
  const width = all / parts;
  const values = toNumbers(whole).filter((_, at) => Math.floor((at % all) / width) === place);
  return tensor('float32', Float32Array.from(values), [...whole.shape.slice(0, -1), width]);
}
