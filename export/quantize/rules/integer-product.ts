/** x W + b = (q(x) - zx) (q(W) - zw) * sx * sw + b: MatMulIntegerToFloat over 8-bit integers, summed in 32 bits. */
import { quantizedName, scaleName } from '../../../core/graph/stored-parameters.js';
import type { GraphEditor } from '../../optimize/editor.js';
import type { Product } from '../../optimize/product.js';
import type { Rule } from '../../optimize/rule.js';
import { type QuantizedValue, quantizedValue } from '../activation.js';
import { productRule } from '../product-rule.js';
import type { Settings } from '../scheme.js';
import { quantizeColumns } from '../weights.js';

export function integerProduct(settings: Settings): Rule {
  return productRule('integer-product', (editor, product) => {
    addProduct(editor, quantizedValue(editor, product.x, settings.ranges), product, settings);
  });
}

/** An output of '' gets a new name. */
type NewProduct = Pick<Product, 'weights' | 'weightsName' | 'bias' | 'output'>;

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
    editor.initializer(quantizedName(weightsName, settings.weights.type), quantized.values),
    scale,
    editor.initializer(scaleName(weightsName), quantized.scales),
    zero,
    editor.initializer(`${weightsName}.zero`, quantized.zeros),
    ...(bias === null ? [] : [bias]),
  ];
  const domain = 'com.microsoft';
  return editor.add({ opType: 'MatMulIntegerToFloat', domain, inputs, outputs: [output] }).outputs[0] ?? '';
}
