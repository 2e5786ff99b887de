/** Inputs on which a graph and its optimised form are compared: every shape of padding, within the vocabulary. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { halfBits } from '../../../core/half.js';
import { seededGenerator } from '../../../core/random.js';
import { sizeOf, type Tensor, tensor } from '../../../core/tensor.js';
import type { InputPlan } from './input-kinds.js';

export interface Case {
  readonly name: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Most graphs refuse rows of unlike lengths and batches, as they should. */
  readonly unlike?: 'lengths' | 'batches';
}

/** Whether a place of a row holds a token. */
type Padding = (place: number, length: number, row: number) => boolean;

const full: Padding = () => true;
/** Rows of unlike lengths; the first is whole. */
const kept = (length: number, row: number) => Math.max(1, Math.ceil(length / (row + 1)));
const right: Padding = (place, length, row) => place < kept(length, row);
const left: Padding = (place, length, row) => place >= length - kept(length, row);
const holed: Padding = (place, _, row) => (place * 7 + row) % 3 !== 0 || place === row;
/** Every second row. */
const masked: Padding = (_place, _length, row) => row % 2 === 0;

/** @param longest the most places that the graph takes */
export function casesFor(plans: readonly InputPlan[], longest: number): Case[] {
  const short = Math.min(longest, 13);
  const shapes: readonly (readonly [string, number, number, Padding])[] = [
    ['one token', 1, 1, full],
    ['one row', 1, short, full],
    [`the longest row, ${String(longest)} places`, 1, longest, full],
    ['eight rows padded on the right', 8, short, right],
    ['four rows padded on the left', 4, short, left],
    ['five rows with holes', 5, short, holed],
    ['four rows, two of them masked throughout', 4, short, masked],
    ['two longer rows padded on the right', 2, Math.min(longest, 40), right],
  ];
  const random = randomIntegers();
  return shapes.map(([name, rows, length, padding]) => ({
    name,
    feeds: feedsOf(plans, rows, length, padding, random),
  }));
}

/** Inputs each of another length, from the longest to the shortest and the other way round. */
export function casesOfUnlikeLengths(
  plans: readonly InputPlan[],
  open: readonly string[],
  longest: number,
): Case[] {
  if (open.length < 2) return [];
  const feed = feedsApart(plans, longest);
  const groups = open.map((name) => [name]);
  return [groups, groups.toReversed()].map((order, place) => ({
    name: `rows of unlike lengths, the ${place === 0 ? 'first' : 'last'} input's the longest`,
    feeds: feed(order, () => 3),
    unlike: 'lengths',
  }));
}

/** One row of some inputs beside three of the others, each group of another length. */
export function casesOfUnlikeBatches(
  plans: readonly InputPlan[],
  groups: readonly (readonly string[])[],
  longest: number,
): Case[] {
  if (groups.length < 2) return [];
  const feed = feedsApart(plans, longest);
  return groups.map((single) => ({
    name: `one row of ${single.join(', ')} beside three`,
    feeds: feed(groups, (group) => (group === single ? 1 : 3)),
    unlike: 'batches',
  }));
}

type FeedGroups = (
  groups: readonly (readonly string[])[],
  rowsOf: (group: readonly string[]) => number,
) => Record<string, Tensor>;

/** Each group of inputs is a place shorter than the one before; what is in none has three rows of full length. */
function feedsApart(plans: readonly InputPlan[], longest: number): FeedGroups {
  const length = Math.min(longest, 13);
  const random = randomIntegers();
  return (groups, rowsOf) => {
    const others = plans.filter(({ name }) => !groups.some((group) => group.includes(name)));
    const parts = groups.map((group, place) => {
      const own = plans.filter(({ name }) => group.includes(name));
      return feedsOf(own, rowsOf(group), Math.max(1, length - place), right, random);
    });
    return Object.assign({}, feedsOf(others, 3, length, right, random), ...parts) as Record<string, Tensor>;
  };
}

/** Rows without padding. */
export function caseOfFullRows(plans: readonly InputPlan[], rows: number, length: number): Case {
  const name = `${String(rows)} ${rows === 1 ? 'row' : 'rows'} of ${String(length)}`;
  return { name, feeds: feedsOf(plans, rows, length, full, randomIntegers()) };
}

/** Rows of ids of real texts, padded on the right with 0. */
export function caseOfTexts(plans: readonly InputPlan[], ids: readonly (readonly number[])[]): Case {
  const length = Math.max(...ids.map((row) => row.length));
  const padding: Padding = (place, _, row) => place < (ids[row]?.length ?? 0);
  const feeds = feedsOf(plans, ids.length, length, padding, (_, row, place) => ids[row]?.[place] ?? 0);
  return { name: `${String(ids.length)} texts`, feeds };
}

/** An integer from 0 to below `below`, for a place of a row. */
type Draw = (below: number, row: number, place: number) => number;

function randomIntegers(): Draw {
  const generator = seededGenerator(1);
  return (below) => uniformInt(generator, 0, below - 1);
}

function feedsOf(
  plans: readonly InputPlan[],
  rows: number,
  length: number,
  padding: Padding,
  draw: Draw,
): Record<string, Tensor> {
  const named = namedSizes(plans, rows, length);
  return Object.fromEntries(
    plans.map((plan) => [plan.name, feedOf(plan, named, rows, length, padding, draw)]),
  );
}

/** Of the names that inputs of [rows, places] give their axes: a value with places first has them in another order. */
function namedSizes(plans: readonly InputPlan[], rows: number, length: number): Map<string, number> {
  const named = new Map<string, number>();
  for (const { kind, shape } of plans) {
    const [first, second, ...others] = shape;
    if (kind === 'numbers' || others.length > 0) continue;
    if (typeof second === 'string') named.set(second, length);
    if (typeof first === 'string' && second !== undefined) named.set(first, rows);
  }
  return named;
}

function feedOf(
  plan: InputPlan,
  named: ReadonlyMap<string, number>,
  rows: number,
  length: number,
  padding: Padding,
  draw: Draw,
): Tensor {
  const { kind, dtype, below } = plan;
  const last = plan.shape.length - 1;
  const shape = plan.shape.map((size, axis) => {
    if (typeof size === 'number' && size > 0) return size;
    const known = typeof size === 'string' ? named.get(size) : undefined;
    if (known !== undefined) return known;
    return axis === 0 ? rows : axis === last ? length : axis === 1 ? length : 1;
  });
  const width = last > 0 ? (shape[last] ?? 1) : 1;
  const perRow = sizeOf(shape.slice(1));
  const numbers = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const [row, place] = [Math.floor(at / perRow), at % width];
    switch (kind) {
      case 'ids':
        return padding(place, width, row) ? draw(below, row, place) : 0;
      case 'mask':
        return Number(padding(place, width, row));
      case 'types':
        return padding(place, width, row) ? Number(place > width / 2) % below : 0;
      case 'positions':
        return place % below;
      case 'lengths':
        return Math.max(
          1,
          Array.from({ length }, (_item, index) => index).filter((index) => padding(index, length, row))
            .length,
        );
      case 'numbers':
        return (draw(2001, row, place) % 2001) / 1000 - 1;
    }
  });
  return filled(dtype, numbers, shape);
}

function filled(dtype: Tensor['dtype'], numbers: readonly number[], shape: readonly number[]): Tensor {
  switch (dtype) {
    case 'int64':
      return tensor(dtype, BigInt64Array.from(numbers, BigInt), shape);
    case 'int32':
      return tensor(dtype, Int32Array.from(numbers), shape);
    case 'float64':
      return tensor(dtype, Float64Array.from(numbers), shape);
    case 'int8':
      return tensor(dtype, Int8Array.from(numbers), shape);
    case 'uint8':
    case 'bool':
      return tensor(dtype, Uint8Array.from(numbers), shape);
    case 'float16':
      return tensor(dtype, Uint16Array.from(numbers, halfBits), shape);
    case 'float32':
      return tensor(dtype, Float32Array.from(numbers), shape);
  }
}
