/**
 * Adam's update over runs of elements in WebAssembly, four at a time: JavaScript has no vectors, and its doubles divide
 * and take roots one by one. The module is put together here, of the instructions that it needs.
 *
 * Source of the codes: W3C, WebAssembly Core Specification 2.0, sections 5.4 (instructions) and 5.5 (modules).
 */
import type { Run } from './optimizer.js';

/** What is used of the engine's own, which Node's types leave to the browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
};

/** What all elements share; see adam.ts for the equations. */
export interface AdamFactors {
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** The learning rate over 1 - beta1^t. */
  readonly size: number;
  /** 1 / (1 - beta2^t) */
  readonly correction2: number;
  readonly epsilon: number;
  /** What is left of a parameter after decay. */
  readonly kept: number;
}

/** Elements copied into the module's memory at once. */
const chunk = 4096;

/**
 * Where the module's memory holds each array, in bytes. Large arrays of JavaScript begin at the start of a page of the
 * system; these do not, nor two of them at one place of theirs: reads whose addresses equal those of writes just before
 * modulo 4096 wait for them (Intel 64 and IA-32 Architectures Optimization Reference Manual, "4-KByte aliasing").
 */
const arrays = { gradient: placeOf(0), m: placeOf(1), v: placeOf(2), parameter: placeOf(3) } as const;
const memoryPages = 2;

function placeOf(index: number): number {
  return 2048 + index * (4 * chunk + 512);
}

const vector = 0xfd;
const code = {
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  splat: [vector, 0x13],
  sqrt: [vector, 0xe3, 0x01],
  add: [vector, 0xe4, 0x01],
  sub: [vector, 0xe5, 0x01],
  mul: [vector, 0xe6, 0x01],
  div: [vector, 0xe7, 0x01],
  load: (place: number) => [vector, 0x00, 4, ...unsigned(place)],
  store: (place: number) => [vector, 0x0b, 4, ...unsigned(place)],
  i32: (value: number) => [0x41, value],
  addI32: [0x6a],
  lessI32: [0x49],
  loop: [0x03, 0x40],
  again: [0x0d, 0],
  end: [0x0b],
};

/** Locals: the parameters of `update`, then what it computes. */
const local = {
  end: 0,
  scale: 1,
  beta1: 2,
  rest1: 3,
  beta2: 4,
  rest2: 5,
  size: 6,
  correction2: 7,
  epsilon: 8,
  kept: 9,
  at: 10,
  g: 11,
  m: 12,
  v: 13,
} as const;

function updateCode(): number[] {
  const { get, set, tee, splat, add, sub, mul, div, sqrt, load, store } = code;
  const all = (factor: number) => [...get(factor), ...splat];
  const of = (array: number) => [...get(local.at), ...load(array)];
  const weighted = (array: number, kept: number) => [...of(array), ...all(kept), ...mul];
  return [
    ...code.loop,
    ...[...of(arrays.gradient), ...all(local.scale), ...mul, ...set(local.g)],
    ...get(local.at),
    ...[...weighted(arrays.m, local.beta1), ...get(local.g), ...all(local.rest1), ...mul, ...add],
    ...[...tee(local.m), ...store(arrays.m)],
    ...get(local.at),
    ...weighted(arrays.v, local.beta2),
    ...[...get(local.g), ...get(local.g), ...mul, ...all(local.rest2), ...mul, ...add],
    ...[...tee(local.v), ...store(arrays.v)],
    ...get(local.at),
    ...weighted(arrays.parameter, local.kept),
    ...[...get(local.m), ...all(local.size), ...mul],
    ...[...get(local.v), ...all(local.correction2), ...mul, ...sqrt, ...all(local.epsilon), ...add],
    ...[...div, ...sub, ...store(arrays.parameter)],
    ...[...get(local.at), ...code.i32(16), ...code.addI32, ...tee(local.at)],
    ...[...get(local.end), ...code.lessI32, ...code.again, ...code.end],
  ];
}

function moduleBytes(): Uint8Array {
  const [i32, f32, v128] = [0x7f, 0x7d, 0x7b];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content];
  const factors = Array.from({ length: 9 }, () => f32);
  const body = [2, 1, i32, 3, v128, ...updateCode(), ...code.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 10, i32, ...factors, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, memoryPages]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('update'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** LEB128 of a number below 2^21. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function takesNumbers(value: unknown): value is (...numbers: number[]) => void {
  return typeof value === 'function';
}

/** Updates the run's elements in place. */
export type AdamKernel = (run: Run, factors: AdamFactors) => void;

export function openAdamKernel(): AdamKernel {
  const { memory, update } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports;
  if (!(memory instanceof WebAssembly.Memory) || !takesNumbers(update))
    throw new RangeError('the module exports a memory and a function');
  const [gradients, ms, vs, parameters] = Object.values(arrays).map(
    (place) => new Float32Array(memory.buffer, place, chunk),
  );
  return ({ parameter, gradient, slots: [m, v], at, gradientAt, count }, factors) => {
    if (!gradients || !ms || !vs || !parameters || !m || !v) return;
    const { gradientScale, beta1, beta2, size, correction2, epsilon, kept } = factors;
    for (let from = 0; from < count; from += chunk) {
      const length = Math.min(chunk, count - from);
      const [p, g] = [at + from, gradientAt + from];
      gradients.set(gradient.subarray(g, g + length));
      ms.set(m.subarray(p, p + length));
      vs.set(v.subarray(p, p + length));
      parameters.set(parameter.subarray(p, p + length));
      update(4 * length, gradientScale, beta1, 1 - beta1, beta2, 1 - beta2, size, correction2, epsilon, kept);
      m.set(ms.subarray(0, length), p);
      v.set(vs.subarray(0, length), p);
      parameter.set(parameters.subarray(0, length), p);
    }
  };
}
