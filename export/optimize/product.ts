/** Products with a constant matrix. */
import type { Node } from '../../core/graph/ir.js';
import type { Tensor, TensorOf } from '../../core/tensor.js';
import type { GraphEditor } from './editor.js';
import { transposed } from './matrix.js';

/** Smaller matrices are left alone: what would be gained there is less than it costs. */
const smallestMatrix = 1024;

/** x W + b */
export interface Product {
  readonly x: string;
  /** [rows, columns] */
  readonly weights: TensorOf<'float32'>;
  /** The name of W in the graph. */
  readonly weightsName: string;
  /** [columns]; null for none. */
  readonly bias: string | null;
  readonly output: string;
  /** That compute it. */
  readonly nodes: readonly Node[];
}

export function isProduct(editor: GraphEditor, node: Node | undefined): boolean {
  return node !== undefined && productAt(editor, node) !== null;
}

/** The product that a MatMul or Gemm, and the Add of a bias behind it, compute; null where it is none of a matrix. */
export function productAt(editor: GraphEditor, node: Node): Product | null {
  if (node.domain !== '') return null;
  const [x = '', weightsName = '', added = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const matrix = matrixOf(editor.constant(weightsName));
  if (matrix === null) return null;
  if (node.opType === 'Gemm') {
    const { alpha, beta, transA, transB } = node.attributes;
    if ((alpha?.value ?? 1) !== 1 || (beta?.value ?? 1) !== 1 || (transA?.value ?? 0) !== 0) return null;
    const weights = (transB?.value ?? 0) === 0 ? matrix : transposed(matrix);
    if (added !== '' && !isBias(editor, added, weights)) return null;
    return { x, weights, weightsName, bias: added === '' ? null : added, output, nodes: [node] };
  }
  if (node.opType !== 'MatMul') return null;
  const reader = editor.onlyReader(output);
  const bias =
    reader?.opType === 'Add' && reader.domain === '' ? biasOf(editor, reader, output, matrix) : null;
  if (reader === null || bias === null)
    return { x, weights: matrix, weightsName, bias: null, output, nodes: [node] };
  const [shifted = ''] = reader.outputs;
  return { x, weights: matrix, weightsName, bias, output: shifted, nodes: [node, reader] };
}

function matrixOf(value: Tensor | null): TensorOf<'float32'> | null {
  return value?.dtype === 'float32' && value.shape.length === 2 && value.data.length >= smallestMatrix
    ? value
    : null;
}

function biasOf(
  editor: GraphEditor,
  { inputs: [a = '', b = ''] }: Node,
  output: string,
  weights: TensorOf<'float32'>,
): string | null {
  const other = a === output ? b : a;
  return isBias(editor, other, weights) ? other : null;
}

function isBias(editor: GraphEditor, name: string, { shape: [, columns] }: TensorOf<'float32'>): boolean {
  const value = editor.constant(name);
  return value?.dtype === 'float32' && value.shape.length === 1 && value.shape[0] === columns;
}
