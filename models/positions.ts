/** Places within a sequence, as values of the graph. */
import type { Ops } from '../core/ops.js';
import { int64 } from '../core/tensor.js';

/** 0, 1, 2 … along the second axis of `ids` [batch, time]: [1, time], int64. */
export function positionsOf<T>(ops: Ops<T>, ids: T): T {
  const row = ops.gather(ids, ops.constant(int64([0], [1])), 0);
  const ones = ops.add(ops.mul(row, ops.constant(int64([0], []))), ops.constant(int64([1], [])));
  return ops.sub(ops.cumSum(ones, 1), ops.constant(int64([1], [])));
}

/** Whether a place holds one of the row's ids, [batch, time]; behind a row's length it holds padding. */
export function withinLengths<T>(ops: Ops<T>, positions: T, lengths: T): T {
  return ops.less(ops.cast(positions, 'int32'), ops.unsqueeze(lengths, [1]));
}
