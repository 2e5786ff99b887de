/** Attributes, written short. */
import type { Tensor } from '../tensor.js';
import type { Attribute, Graph } from './ir.js';

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const tensorAttribute = (value: Tensor): Attribute => ({ kind: 'tensor', value });
export const subgraph = (value: Graph): Attribute => ({ kind: 'graph', value });
