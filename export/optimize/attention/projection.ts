/** Queries, keys and values as columns of a product x W + b, told by what their elements are. */
import type { TensorOf } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { asMultiple, asNumber, difference, type Polynomial, scaled } from '../elements/polynomial.js';
import { biased, producerOf } from '../operands.js';

export interface Projection {
  /** What is projected, [batch, time, width]; or [time, batch, width] where it is time-major. */
  readonly x: string;
  readonly isTimeMajor: boolean;
  /** The product with its bias, of which queries, keys or values are columns. */
  readonly value: string;
  /** Names of the constants; null where there is no bias. */
  readonly names: { readonly weight: string; readonly bias: string | null };
  readonly weight: TensorOf<'float32'>;
  readonly bias: TensorOf<'float32'> | null;
  /** Of the columns: start + head * perHead + place within the head * perPlace. */
  readonly columns: { readonly start: number; readonly perHead: number; readonly perPlace: number };
  /** By which the projection is multiplied. */
  readonly factor: number;
}

interface Places {
  readonly batch: Polynomial;
  readonly time: Polynomial;
  readonly head: Polynomial;
  readonly within: Polynomial;
}

/** @returns why it is none */
export function projectionOf(
  editor: GraphEditor,
  value: string,
  at: readonly Polynomial[],
  { batch, time, head, within }: Places,
): Projection | string {
  const found = editor.elements.at(value, at);
  const multiple = found.kind === 'number' ? asMultiple(found.value) : null;
  if (multiple?.atom.kind !== 'element') return `the elements of ${value} are not those of a product`;
  const { value: name, at: inside } = multiple.atom;
  const [first, second, column] = inside;
  const isBatchMajor = first?.key === batch.key && second?.key === time.key;
  const isTimeMajor = !isBatchMajor && first?.key === time.key && second?.key === batch.key;
  if (inside.length !== 3 || column === undefined || (!isBatchMajor && !isTimeMajor))
    return `${name} is not split into heads place by place`;
  const columns = columnsOf(column, head, within);
  if (columns === null) return `the columns of ${name} are not split into heads evenly`;
  const plus = biased(editor, name);
  const product = producerOf(editor, plus?.value ?? name, 'MatMul');
  const [x = '', weight = ''] = product?.inputs ?? [];
  const tensor = editor.constant(weight);
  if (product === null || tensor?.dtype !== 'float32' || tensor.shape.length !== 2)
    return `${name} is not the product of a value and a constant matrix`;
  const bias = plus?.tensor ?? null;
  if (bias !== null && bias.dtype !== 'float32') return `the bias of ${name} is not float32`;
  const names = { weight, bias: plus?.bias ?? null };
  const factor = multiple.coefficient;
  return { x, isTimeMajor, value: name, names, weight: tensor, bias, columns, factor };
}

function columnsOf(column: Polynomial, head: Polynomial, within: Polynomial): Projection['columns'] | null {
  const perHead = coefficientOf(column, head);
  const perPlace = coefficientOf(column, within);
  const rest = difference(difference(column, scaled(head, perHead)), scaled(within, perPlace));
  const start = asNumber(rest);
  return start === null ? null : { start, perHead, perPlace };
}

function coefficientOf({ terms }: Polynomial, variable: Polynomial): number {
  const [wanted] = variable.terms[0]?.atoms ?? [];
  return terms.find(({ atoms }) => atoms.length === 1 && atoms[0]?.key === wanted?.key)?.coefficient ?? 0;
}
