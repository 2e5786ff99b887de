/** Matrix products and recurrences. */
import type { Dimension } from '../ir.js';
import {
  broadcast,
  contradiction,
  type InferenceRule,
  type InferenceRules,
  intAttribute,
  intsAttribute,
  type Shape,
} from './rule.js';

const product: InferenceRule = ({ node, inputs: [a, b] }) => {
  if (a == null) return [];
  const [left, right] = [a.shape, b?.shape ?? null];
  if (left === null || right === null) return [{ dtype: a.dtype, shape: null }];
  const flip = (shape: Shape, flag: number): Shape =>
    flag === 0 ? shape : [...shape.slice(0, -2), shape.at(-1) ?? null, shape.at(-2) ?? null];
  const l = flip(left.length === 1 ? [1, ...left] : left, intAttribute(node, 'transA', 0));
  const r = flip(right.length === 1 ? [...right, 1] : right, intAttribute(node, 'transB', 0));
  const [inner, outer] = [l.at(-1) ?? null, r.at(-2) ?? null];
  if (typeof inner === 'number' && typeof outer === 'number' && inner !== outer)
    throw contradiction(node, left, right);
  const batch = broadcast(node, l.slice(0, -2), r.slice(0, -2));
  if (batch === null) return [{ dtype: a.dtype, shape: null }];
  const rows = left.length === 1 ? [] : [l.at(-2) ?? null];
  const columns = right.length === 1 ? [] : [r.at(-1) ?? null];
  return [{ dtype: a.dtype, shape: [...batch, ...rows, ...columns] }];
};

const recurrent: InferenceRule = ({ inputs: [x, , recurrence] }) => {
  if (x == null) return [];
  const [time, batch]: readonly Dimension[] = x.shape ?? [null, null];
  const [directions, , hidden]: readonly Dimension[] = recurrence?.shape ?? [null, null, null];
  const state = { dtype: x.dtype, shape: [directions ?? null, batch ?? null, hidden ?? null] };
  return [
    { dtype: x.dtype, shape: [time ?? null, ...state.shape.slice(0, 1), batch ?? null, hidden ?? null] },
    state,
    state,
  ];
};

/** A packed projection of queries, keys and values: [batch, time, width of the values]. */
const attention: InferenceRule = ({ node, inputs: [x, weights] }) => {
  if (x == null) return [];
  const columns = weights?.shape?.[1];
  const width =
    intsAttribute(node, 'qkv_hidden_sizes')?.[2] ?? (typeof columns === 'number' ? columns / 3 : null);
  return [{ dtype: x.dtype, shape: x.shape === null ? null : [...x.shape.slice(0, 2), width] }];
};

/** The standard's: queries and values with their heads apart, [batch, heads, time, width], or side by side. */
const attentionOfHeads: InferenceRule = ({ node, inputs: [query, , values] }) => {
  if (query == null) return [];
  const { dtype, shape } = query;
  const width = values?.shape?.at(-1) ?? null;
  if (shape?.length === 4) return [{ dtype, shape: shape.with(3, width) }];
  const [heads, shared] = ['q_num_heads', 'kv_num_heads'].map((name) => intAttribute(node, name, 0));
  if (shape?.length !== 3 || !heads || !shared) return [{ dtype, shape: null }];
  return [{ dtype, shape: shape.with(2, typeof width === 'number' ? (width / shared) * heads : null) }];
};

/** Of queries and values with their heads side by side, [batch, time, width]. */
const attentionOfProjected: InferenceRule = ({ inputs: [query, , values] }) => {
  if (query == null) return [];
  const [q, v] = [query.shape, values?.shape];
  const isPlain = q?.length === 3 && v?.length === 3;
  return [{ dtype: query.dtype, shape: isPlain ? q.with(2, v[2] ?? null) : null }];
};

/** The normalised sum of three tables' rows, and a mask index that goes unused. */
const embedding: InferenceRule = ({ inputs: [ids, , table] }) => {
  if (table == null) return [];
  const [batch, time] = ids?.shape ?? [null, null];
  return [
    { dtype: table.dtype, shape: [batch ?? null, time ?? null, table.shape?.[1] ?? null] },
    { dtype: 'int32', shape: [batch ?? null] },
  ];
};

export const linearAlgebraInference: InferenceRules = {
  MatMul: product,
  Gemm: product,
  'com.microsoft:FusedMatMul': product,
  'com.microsoft:FusedGemm': product,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Attention: attentionOfHeads,
  'com.microsoft:Attention': attention,
  'com.microsoft:MultiHeadAttention': attentionOfProjected,
  'com.microsoft:EmbedLayerNormalization': embedding,
};
