/**
 * Parameters as a graph's initializers hold them: under their own name, in 16 bits, as int8 beside their scales, or
 * side by side with others in one tensor that is called by all of their names.
 */
import { widenHalf } from '../half.js';
import { tensor, type Tensor, type TensorOf, toNumbers } from '../tensor.js';

/** Integers that are symmetric around the zero of their type. */
const zeros = { int8: 0, uint8: 128 } as const;
type IntegerType = keyof typeof zeros;

export const quantizedName = (name: string, type: IntegerType = 'int8') => `${name}.${type}`;
/** Of [directions, columns, rows] as [directions, rows, columns]. */
export const turnedName = (name: string, type: IntegerType) => `${name}.turned.${type}`;
/** Of an LSTM, [directions, 4 hidden, columns], with `pins` more units and columns, which fix its scales. */
export const pinnedName = (name: string) => `${name}.pinned`;
export const pins = 2;
export const halfName = (name: string) => `${name}.fp16`;
export const scaleName = (name: string) => `${name}.scale`;

const pinnedSuffix = pinnedName('');
const gates = 4;
const between = '|';
const storageSuffix = /(\.turned)?\.(u?int8|fp16)$/;

/** The name of what is stored under this one. */
export const storedName = (key: string) => key.replace(storageSuffix, '');

/** Of tensors with as many columns, or vectors as long, one beside the other. */
export const packedName = (names: readonly string[]) => names.join(between);

/** The names of tensors that are packed in as many equal parts; null where there are not so many. */
export function packedNames(packed: string, parts: number): string[] | null {
  const names = packed.split(between);
  return names.length === parts ? names : null;
}

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

function plainTensor(initializers: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const half = initializers.get(halfName(name));
  if (half?.dtype === 'float16') return tensor('float32', widenHalf(half.data), half.shape);
  const scales = initializers.get(scaleName(name));
  for (const type of ['int8', 'uint8'] as const) {
    const quantized = initializers.get(quantizedName(name, type));
    if (quantized !== undefined && scales !== undefined) return widened(quantized, scales, zeros[type]);
    const turned = initializers.get(turnedName(name, type));
    if (turned !== undefined && scales !== undefined) return turnedBack(widened(turned, scales, zeros[type]));
  }
  const pinned = name.endsWith(pinnedSuffix) ? undefined : plainTensor(initializers, pinnedName(name));
  return pinned?.dtype === 'float32' ? unpinned(pinned) : initializers.get(name);
}

function unpinned({ data, shape }: TensorOf<'float32'>): Tensor {
  const [directions = 0, rows = 0, columns = 0] = shape;
  const [hidden, kept] = [rows / gates - pins, columns - pins];
  const values = new Float32Array(directions * gates * hidden * kept);
  for (let gate = 0; gate < directions * gates; gate += 1)
    for (let unit = 0; unit < hidden; unit += 1) {
      const from = (gate * (hidden + pins) + unit) * columns;
      values.set(data.subarray(from, from + kept), (gate * hidden + unit) * kept);
    }
  return tensor('float32', values, [directions, gates * hidden, kept]);
}

/**
 * value = (q - zero) * scale
 * @param quantized [.., rows, columns]
 * @param scales one for all; [columns] or [1, columns]; [rows, 1]; and, a matrix after another, [.., columns] or [..]
 */
function widened(quantized: Tensor, scales: Tensor, zero: number): TensorOf<'float32'> {
  const [rows = 1, columns = 1] = quantized.shape.slice(-2);
  const matrices = quantized.data.length / (rows * columns);
  const factors = toNumbers(scales);
  const isByRow = matrices === 1 && scales.shape.length === 2 && scales.shape[1] === 1;
  const perMatrix = factors.length / matrices;
  const values = Float32Array.from(toNumbers(quantized), (q, i) => {
    const matrix = Math.floor(i / (rows * columns));
    const place = isByRow ? Math.floor(i / columns) : perMatrix === 1 ? 0 : i % columns;
    return (q - zero) * (factors[matrix * perMatrix + place] ?? 0);
  });
  return tensor('float32', values, quantized.shape);
}

/** [matrices, rows, columns] as [matrices, columns, rows] */
function turnedBack({ data, shape }: TensorOf<'float32'>): Tensor {
  const [matrices = 0, rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let matrix = 0, at = 0; matrix < matrices; matrix += 1)
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1, at += 1)
        turned[(matrix * columns + column) * rows + row] = data[at] ?? 0;
  return tensor('float32', turned, [matrices, columns, rows]);
}

/** One of the equal parts that stand side by side on the last axis. */
function part(whole: Tensor, place: number, parts: number): Tensor {
  const all = whole.shape.at(-1) ?? 0;
  const width = all / parts;
  const values = toNumbers(whole).filter((_, at) => Math.floor((at % all) / width) === place);
  return tensor('float32', Float32Array.from(values), [...whole.shape.slice(0, -1), width]);
}
