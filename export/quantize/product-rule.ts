/** A rule that puts something else in the place of every product with a constant matrix. */
import type { GraphEditor } from '../optimize/editor.js';
import { type Product, productAt } from '../optimize/product.js';
import type { Rule } from '../optimize/rule.js';

/** @param replace adds what gives the product's output; the nodes that gave it are gone by then */
export function productRule(name: string, replace: (editor: GraphEditor, product: Product) => void): Rule {
  return {
    name,
    anchors: ['MatMul', 'Gemm'],
    match(editor, node) {
      const product = productAt(editor, node);
      if (product === null) return null;
      return {
        edit: () => {
          for (const one of product.nodes) editor.remove(one);
          replace(editor, product);
        },
      };
    },
  };
}
