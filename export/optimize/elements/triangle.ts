/** Constants that hold one number up to a diagonal of their last two axes and another behind it, as causal masks do. */
import { type Tensor, toNumbers } from '../../../core/tensor.js';

export interface Triangle {
  /** Of places whose column is more than this behind their row. */
  readonly diagonal: number;
  readonly behind: number;
  readonly upTo: number;
}

const known = new WeakMap<Tensor, Triangle | null>();

/** null where it is something else, or one number throughout. */
export function triangleOf(tensor: Tensor): Triangle | null {
  const before = known.get(tensor);
  if (before !== undefined) return before;
  const found = read(tensor);
  known.set(tensor, found);
  return found;
}

function read(tensor: Tensor): Triangle | null {
  const [rows, columns] = tensor.shape.slice(-2);
  if (rows === undefined || columns === undefined) return null;
  const data = toNumbers(tensor);
  const distance = (place: number) => (place % columns) - (Math.floor(place / columns) % rows);
  // The last column of the first row is the furthest behind the diagonal.
  const behind = data[columns - 1];
  const first = data.findIndex((number) => number !== behind);
  const upTo = data[first];
  if (behind === undefined || upTo === undefined) return null;
  let diagonal = -Infinity;
  data.forEach((number, place) => {
    if (number === upTo) diagonal = Math.max(diagonal, distance(place));
  });
  const fits = data.every((number, place) => number === (distance(place) > diagonal ? behind : upTo));
  return fits ? { diagonal, behind, upTo } : null;
}
