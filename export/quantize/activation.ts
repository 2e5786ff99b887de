/** A product's left side as unsigned 8-bit integers: x = (q - zero) * scale. */
import { float32, tensor } from '../../core/tensor.js';
import type { GraphEditor } from '../optimize/editor.js';

export interface QuantizedValue {
  readonly values: string;
  readonly scale: string;
  readonly zero: string;
}

/** Names of values with the smallest and the largest that each takes on real texts. */
export type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

/**
 * The value in 8 bits, once for all its readers.
 * @param ranges null: scaled by what the value holds when it runs, over the whole batch
 */
export function quantizedValue(editor: GraphEditor, value: string, ranges: Ranges | null): QuantizedValue {
  const found = editor
    .readers(value)
    .find(
      ({ opType, inputs: [x] }) => /^(DynamicQuantizeLinear|QuantizeLinear)$/.test(opType) && x === value,
    );
  if (found?.opType === 'DynamicQuantizeLinear') {
    const [values = '', scale = '', zero = ''] = found.outputs;
    return { values, scale, zero };
  }
  if (found !== undefined) {
    const [, scale = '', zero = ''] = found.inputs;
    return { values: found.outputs[0] ?? '', scale, zero };
  }
  const range = ranges?.get(value);
  if (range === undefined) {
    const outputs = ['', '', ''];
    const [values = '', scale = '', zero = ''] = editor.add({
      opType: 'DynamicQuantizeLinear',
      inputs: [value],
      outputs,
    }).outputs;
    return { values, scale, zero };
  }
  const [low, high] = [Math.min(0, range[0]), Math.max(0, range[1])];
  const width = high > low ? (high - low) / 255 : 1;
  const scale = editor.initializer(`${value}_scale`, float32([width], []));
  const zeroPoint = Uint8Array.of(Math.round(-low / width));
  const zero = editor.initializer(`${value}_zero`, tensor('uint8', zeroPoint, []));
  const [values = ''] = editor.add({ opType: 'QuantizeLinear', inputs: [value, scale, zero] }).outputs;
  return { values, scale, zero };
}
