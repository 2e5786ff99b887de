/**
 * Weights stored as int8, computed in fp32: a matrix becomes q * scale, with one scale a column of a product's right
 * operand and one a row of a table that is gathered from. ONNX Runtime folds a product's matrix back to fp32 when it
 * loads the file; of a table only the gathered rows are widened. An answer therefore depends neither on what else is
 * in its batch nor on the processor's int8 instructions, which quantised activations would make it.
 *
 * Symmetric, rounded to nearest: scale = max |w| / 127. Source: Jacob et al., Quantization and Training of Neural
 * Networks for Efficient Integer-Arithmetic-Only Inference, 2018, section 2.1, with the zero point at 0.
 */
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { quantizedName, scaleName, storedTensor } from '../../core/graph/stored-parameters.js';
import type { Graph, Node } from '../../core/graph/ir.js';
import { type Tensor, tensor, type TensorOf } from '../../core/tensor.js';

/** Smaller matrices and shorter rows are left alone: their scales and nodes would cost more than they save. */
const smallestMatrix = 1024;
const shortestRow = 8;

export function storeInt8(graph: Graph): Graph {
  const builder = new GraphBuilder(graph.name);
  const ops = new GraphOps(builder);
  const values = new Map<string, GraphValue>();
  const matrices = new Map<string, Matrix>();
  // The values of the nodes that are added get names that no node of the graph has.
  for (const name of graph.nodes.flatMap(({ outputs }) => outputs)) if (name !== '') builder.unique(name);
  for (const name of graph.inputs) {
    const type = graph.types.get(name);
    if (type?.shape == null) throw new RangeError(`the input ${name} has no type`);
    values.set(name, builder.input(name, type.dtype, type.shape));
  }
  for (const [name, value] of graph.initializers) {
    const form = formOf(graph, name, value);
    if (form === null || value.dtype !== 'float32') values.set(name, builder.initializer(name, value));
    else {
      const { quantized, scales } = quantize(value, form);
      matrices.set(name, {
        form,
        quantized: builder.initializer(quantizedName(name), quantized),
        scales: builder.initializer(scaleName(name), scales),
      });
    }
  }
  const widened = ({ quantized, scales }: Matrix, take: (value: GraphValue) => GraphValue) =>
    ops.mul(ops.cast(take(quantized), 'float32'), take(scales));
  for (const node of graph.nodes) {
    const table = matrices.get(node.inputs[0] ?? '');
    const indices = values.get(node.inputs[1] ?? '');
    if (table?.form === 'rows' && indices !== undefined) {
      const rows = widened(table, (value) => ops.gather(value, indices, 0));
      node.outputs.forEach((name) => values.set(name, rows));
      continue;
    }
    const inputs = node.inputs.map((name) => {
      const matrix = matrices.get(name);
      return matrix === undefined ? (values.get(name) ?? null) : widened(matrix, (value) => value);
    });
    const { opType, domain, attributes, outputs } = node;
    const found = builder.node(opType, inputs, { outputs, attributes, domain });
    outputs.forEach((name, index) => {
      const [value, type] = [found[index], graph.types.get(name)];
      if (value !== undefined) values.set(name, type === undefined ? value : builder.assume(value, type));
    });
  }
  for (const name of graph.outputs) {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`nothing gives the output ${name}`);
    builder.output(name, value);
  }
  return builder.build();
}

/** The parameters that the graph of `storeInt8` computes with: as they are, or widened from int8. */
export function storedParameters(
  { initializers }: Graph,
  parameters: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  return new Map(
    Array.from(parameters, ([name, value]) => [name, storedTensor(initializers, name) ?? value]),
  );
}

interface Matrix {
  readonly form: Form;
  readonly quantized: GraphValue;
  readonly scales: GraphValue;
}

/** One scale a column of a product's right operand, one a row of a gathered table. */
type Form = 'columns' | 'rows';

/** null where a matrix is small, or read otherwise than by one kind of reader. */
function formOf({ nodes }: Graph, name: string, { dtype, shape, data }: Tensor): Form | null {
  if (
    dtype !== 'float32' ||
    shape.length !== 2 ||
    data.length < smallestMatrix ||
    (shape[1] ?? 0) < shortestRow
  )
    return null;
  if (nodes.some((node) => isReadInside(node, name))) return null;
  const forms = new Set(
    nodes.filter(({ inputs }) => inputs.includes(name)).map((node) => readAs(node, name)),
  );
  const [form = null] = forms;
  return forms.size === 1 ? form : null;
}

/** Whether a node's subgraph reads it, which may read whatever the graph around it has. */
function isReadInside({ attributes }: Node, name: string): boolean {
  return Object.values(attributes).some(
    (attribute) =>
      attribute.kind === 'graph' &&
      attribute.value.nodes.some((node) => node.inputs.includes(name) || isReadInside(node, name)),
  );
}

/** Operators whose second input is the right operand of a product, as it is. */
const products: readonly string[] = ['MatMul', 'Gemm', 'FusedGemm', 'Attention'];

function readAs({ opType, domain, inputs, attributes }: Node, name: string): Form | null {
  const isOnce = inputs.filter((input) => input === name).length === 1;
  const isTurned = (attributes.transB?.value ?? 0) !== 0;
  if (products.includes(opType) && inputs[1] === name && isOnce && !isTurned) return 'columns';
  if (domain !== '') return null;
  const axis = attributes.axis;
  if (opType === 'Gather' && inputs[0] === name && (axis === undefined || axis.value === 0)) return 'rows';
  return null;
}

function quantize(
  { data, shape }: TensorOf<'float32'>,
  form: Form,
): { quantized: TensorOf<'int8'>; scales: TensorOf<'float32'> } {
  const [rows = 0, columns = 0] = shape;
  const scaleAt = (i: number) => (form === 'rows' ? Math.floor(i / columns) : i % columns);
  const scales = new Float32Array(form === 'rows' ? rows : columns);
  for (let i = 0; i < data.length; i += 1)
    scales[scaleAt(i)] = Math.max(scales[scaleAt(i)] ?? 0, Math.abs(data[i] ?? 0) / 127);
  const quantized = new Int8Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const scale = scales[scaleAt(i)] ?? 0;
    quantized[i] = scale === 0 ? 0 : Math.round((data[i] ?? 0) / scale);
  }
  return {
    quantized: tensor('int8', quantized, shape),
    scales: tensor('float32', scales, form === 'rows' ? [rows, 1] : [1, columns]),
  };
}
