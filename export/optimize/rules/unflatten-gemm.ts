/** reshape(Gemm(reshape(x), W, b)) = x W + b, or of a MatMul, where x is flattened to rows and its first axes are given back behind. */
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { transposed } from '../matrix.js';
import { producerOf } from '../operands.js';
import type { Rule } from '../rule.js';

export const unflattenGemm: Rule = {
  name: 'unflatten-gemm',
  anchors: ['Reshape'],
  match(editor, node) {
    const gemm = producerOf(editor, node.inputs[0] ?? '', 'Gemm', 'MatMul');
    const flat = producerOf(editor, gemm?.inputs[0] ?? '', 'Reshape');
    if (gemm === null || flat === null || editor.onlyReader(gemm.outputs[0] ?? '') !== node) return null;
    const [x = ''] = flat.inputs;
    const [, weightName = '', biasName = ''] = gemm.inputs;
    const weight = editor.constant(weightName);
    const isTurned = isPlain(gemm);
    if (isTurned === null || weight?.dtype !== 'float32' || weight.shape.length !== 2) return null;
    const [rows, columns] = isTurned ? weight.shape.toReversed() : weight.shape;
    const isBias = biasName === '' || String(editor.constant(biasName)?.shape) === String(columns);
    if (!isBias || !isOfTokens(editor, x, node.outputs[0] ?? '', rows, columns)) return null;
    return {
      edit: () => {
        editor.remove(node);
        const matrix = isTurned ? editor.initializer('weight', transposed(weight)) : weightName;
        const outputs = biasName === '' ? node.outputs : [''];
        const [product = ''] = editor.add({ opType: 'MatMul', inputs: [x, matrix], outputs }).outputs;
        if (biasName !== '')
          editor.add({ opType: 'Add', inputs: [product, biasName], outputs: node.outputs });
      },
    };
  },
};

/** Whether the weights are turned; null where the product is another one. */
function isPlain({ attributes: { alpha, beta, transA, transB } }: Node): boolean | null {
  return (alpha?.value ?? 1) === 1 && (beta?.value ?? 1) === 1 && Number(transA?.value ?? 0) === 0
    ? Number(transB?.value ?? 0) !== 0
    : null;
}

/** Whether x is [a, b, rows] and y [a, b, columns]. */
function isOfTokens(
  editor: GraphEditor,
  x: string,
  y: string,
  rows: number | undefined,
  columns: number | undefined,
): boolean {
  const [from, to] = [x, y].map((value) => editor.elements.shape(value)?.map(({ key }) => key));
  return (
    from?.length === 3 &&
    to?.length === 3 &&
    from[0] === to[0] &&
    from[1] === to[1] &&
    from[2] === String(rows) &&
    to[2] === String(columns)
  );
}
