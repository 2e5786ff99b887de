/** x W + b = (q(x) - zx) (q(W) - zw) * sx * sw + b: MatMulIntegerToFloat over 8-bit integers, summed in 32 bits. */
import type { GraphEditor } from '../../optimize/editor.js';
import type { Rule } from '../../optimize/rule.js';
import { type QuantizedValue, quantizedValue } from '../activation.js';
import { productAt } from '../../optimize/product.js';
import { isExcluded, type Settings } from '../scheme.js';
import { quantizeColumns } from '../weights.js';
import type { TensorOf } from '../../../core/tensor.js';

export function integerProduct(settings: Settings): Rule {
  return {
    name: 'integer-product',
    anchors: ['MatMul', 'Gemm'],
    match(editor, node) {
      const product = productAt(editor, node);
      if (product === null) return null;
      if (isExcluded(node, settings)) return { refused: 'it is excluded' };
      const { x, weights, weightsName, bias, output, nodes } = product;
      return {
        edit: () => {
          nodes.forEach((one) => {
            editor.remove(one);
          });
          const quantized = quantizedValue(editor, x, settings.ranges);
          addProduct(editor, quantized, { weights, weightsName, bias, output }, settings);
        },
      };
    },
  };
}

interface NewProduct {
  readonly weights: TensorOf<'float32'>;
  readonly weightsName: string;
  readonly bias: string | null;
  /** '' for a new name. */
  readonly output: string;
}

/** @returns the name of the output */
export function addProduct(
  editor: GraphEditor,
  { values, scale, zero }: QuantizedValue,
  { weights, weightsName, bias, output }: NewProduct,
  settings: Settings,
): string {
  const quantized = quantizeColumns(weights, settings.weights);
  const inputs = [
    values,
    editor.initializer(`${weightsName}.${settings.weights.type}`, quantized.values),
    scale,
    editor.initializer(`${weightsName}.scale`, quantized.scales),
    zero,
    editor.initializer(`${weightsName}.zero`, quantized.zeros),
    ...(bias === null ? [] : [bias]),
  ];
  const domain = 'com.microsoft';
  return editor.add({ opType: 'MatMulIntegerToFloat', domain, inputs, outputs: [output] }).outputs[0] ?? '';
}
