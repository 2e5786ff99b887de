/** Any ONNX file in lower precision, compared with the original on rows of every kind of padding, and on texts. */
import { openSession } from '../../core/engines/session.js';
import { encodeModel } from '../../core/graph/onnx.js';
import type { Model } from '../../core/graph/ir.js';
import { argmax } from '../../core/probabilities.js';
import { type Tensor, toNumbers } from '../../core/tensor.js';
import { caseOfTexts, casesFor, type Case } from '../optimize/validate/cases.js';
import { type InputKind, longestSequence, planInputs } from '../optimize/validate/input-kinds.js';
import { type Quantized, quantizeModel, type QuantizeOptions } from './quantize.js';

export interface QuantizeFileOptions extends Omit<QuantizeOptions, 'calibration'> {
  /** What inputs take, where their names do not tell. */
  readonly inputs: Readonly<Record<string, InputKind>>;
  /** Ids of texts: compared on, and activations are measured on them. */
  readonly texts: readonly (readonly number[])[];
}

export interface FileChange {
  /** Largest |difference| of the first output, relative to its largest |value|. */
  readonly difference: number;
  /** Rows of which the largest output is another one, and rows compared; texts alone where there are some. */
  readonly flips: number;
  readonly rows: number;
  readonly cases: readonly string[];
}

const longestTried = 128;

/** @throws RetortError of `quantizeModel` and `planInputs`; session_refused where the runtime refuses the result */
export async function quantizeFile(
  model: Model,
  options: QuantizeFileOptions,
): Promise<{ readonly quantized: Quantized; readonly change: FileChange }> {
  const plans = planInputs(model.graph, options.inputs);
  const texts = options.texts.map((ids) => caseOfTexts(plans, [ids]));
  const quantized = await quantizeModel(model, { ...options, calibration: texts.map(({ feeds }) => feeds) });
  const longest = Math.min(longestTried, longestSequence(model.graph, plans) ?? longestTried);
  const cases = texts.length > 0 ? texts : casesFor(plans, longest);
  return { quantized, change: await compared(model, quantized.model, cases) };
}

async function compared(before: Model, after: Model, cases: readonly Case[]): Promise<FileChange> {
  const [original, session] = [
    await openSession(encodeModel(before)),
    await openSession(encodeModel(after), { optimization: 'disabled' }),
  ];
  const [output = ''] = before.graph.outputs;
  let [difference, flips, rows] = [0, 0, 0];
  try {
    for (const { feeds } of cases) {
      const [expected, found] = [(await original.run(feeds))[output], (await session.run(feeds))[output]];
      const [a, b] = [rowsOf(expected), rowsOf(found)];
      const scale = a.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
      a.forEach((row, index) => {
        const other = b[index] ?? [];
        rows += 1;
        if (argmax(row) !== argmax(other)) flips += 1;
        row.forEach((value, place) => {
          const apart = Math.abs(value - (other[place] ?? Number.NaN)) / scale;
          difference = Number.isNaN(apart) ? Infinity : Math.max(difference, apart);
        });
      });
    }
  } finally {
    await original.close();
    await session.close();
  }
  return { difference, flips, rows, cases: [...new Set(cases.map(({ name }) => name))] };
}

function rowsOf(value: Tensor | undefined): number[][] {
  const numbers = value === undefined ? [] : toNumbers(value);
  const [count = 1] = value?.shape ?? [];
  const width = numbers.length / Math.max(1, count);
  return Array.from({ length: count }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}
