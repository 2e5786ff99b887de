/**
 * A reader of pickles that runs nothing: constructors are noted by name with their arguments, and one that is not
 * expected is refused. Instructions and their meaning: CPython, Lib/pickletools.py.
 */
import { fail } from '../../core/errors.js';
import type { RangeFile } from './file-range.js';
import { PickleInput } from './pickle-input.js';

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  /** A list or a tuple. */
  | PickleValue[]
  | PickledDict
  | PickledBytes
  | PickledGlobal
  | PickledCall
  | PickledPersistent;

export interface PickledDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleValue, PickleValue>;
}

/** Bytes, or a long text as UTF-8, by where they lie in the file. */
export interface PickledBytes {
  readonly kind: 'bytes';
  readonly from: number;
  readonly length: number;
  readonly encoding: 'raw' | 'utf8';
}

/** A class or function by its full name. */
export interface PickledGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** What a class or function was to make. */
export interface PickledCall {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly PickleValue[];
  /** What was set on the object, as on a dict. */
  readonly entries: Map<PickleValue, PickleValue>;
  /** What the object was to be restored from. */
  state: PickleValue;
}

/** What lies outside of the pickle, by how it is called there. */
export interface PickledPersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

export interface PickleRange {
  readonly file: RangeFile;
  readonly from: number;
  readonly to: number;
}

export interface ReadPickle {
  readonly value: PickleValue;
  /** Where the pickle ends, in the file. */
  readonly end: number;
}

/** Longer texts stay where they are. */
const longestText = 4096;
/** A checkpoint of a hundred thousand tensors needs fewer; each may leave a value in memory. */
const mostInstructions = 4_000_000;
/** Lists, tuples, dicts and calls, which take far more memory: a tensor needs eight or so. */
const mostContainers = 500_000;

/**
 * @param allowed full names of the classes and functions that may occur
 * @throws RetortError checkpoint_malformed; checkpoint_refused for another class or function, or an instruction that
 * could run code
 */
export async function readPickle(
  { file, from, to }: PickleRange,
  allowed: ReadonlySet<string>,
): Promise<ReadPickle> {
  const malformed = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  const refused = (name: string) => fail('checkpoint_refused', { path: file.path, name });
  const input = new PickleInput(file, from, to, malformed);
  const machine = new Machine(malformed, (name) => {
    if (!allowed.has(name)) throw refused(name);
    return { kind: 'global', name };
  });
  for (let count = 0; count < mostInstructions; count += 1) {
    // Millions of instructions: a promise is awaited only where there is one.
    const reading = input.ahead(9);
    if (reading !== undefined) await reading;
    const code = input.unsigned(1);
    if (code === STOP) return { value: machine.pop(), end: input.position };
    const instruction = instructions.get(code);
    if (instruction === undefined) throw refused(`the pickle instruction 0x${code.toString(16)}`);
    const pending = instruction(machine, input);
    if (pending !== undefined) await pending;
  }
  throw malformed(`it has more than ${String(mostInstructions)} pickle instructions`);
}

const STOP = 0x2e;

/** The stack, its marks and the memo. */
class Machine {
  readonly malformed: (reason: string) => Error;
  readonly global: (name: string) => PickledGlobal;
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #containers = 0;

  constructor(malformed: (reason: string) => Error, global: (name: string) => PickledGlobal) {
    this.malformed = malformed;
    this.global = global;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.malformed('its pickle takes from an empty stack');
    return value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.malformed('its pickle takes from an empty stack');
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack);
    this.#stack = [];
  }

  /** What was pushed since the last mark. */
  popMark(): PickleValue[] {
    const values = this.#stack;
    const before = this.#marks.pop();
    if (before === undefined) throw this.malformed('its pickle lacks a mark');
    this.#stack = before;
    return values;
  }

  /** @throws RetortError checkpoint_malformed where there are too many */
  pushContainer(value: PickleValue[] | PickledDict | PickledCall): void {
    this.#containers += 1;
    if (this.#containers > mostContainers)
      throw this.malformed(
        `its pickle makes more than ${String(mostContainers)} lists, tuples, dicts and objects`,
      );
    this.push(value);
  }

  tuple(size: number): void {
    const values = Array.from({ length: size }, () => this.pop());
    this.pushContainer(values.reverse());
  }

  set(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!isKind(target, 'dict') && !isKind(target, 'call'))
      throw this.malformed('its pickle sets items of what is no dict');
    for (let i = 0; i + 1 < items.length; i += 2) target.entries.set(items[i] ?? null, items[i + 1] ?? null);
  }

  append(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.malformed('its pickle appends to what is no list');
    for (const item of items) target.push(item);
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!isKind(callee, 'global') || !Array.isArray(args))
      throw this.malformed('its pickle calls what is no function');
    this.pushContainer({ kind: 'call', name: callee.name, args, entries: new Map(), state: null });
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    if (!isKind(target, 'call')) throw this.malformed('its pickle restores what is no object');
    target.state = state;
  }

  stackGlobal(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof name !== 'string' || typeof module !== 'string')
      throw this.malformed('its pickle names a class by what is no text');
    this.push(this.global(`${module}.${name}`));
  }

  memoize(id = this.#memo.size): void {
    this.#memo.set(id, this.top());
  }

  recall(id: number): void {
    const value = this.#memo.get(id);
    if (value === undefined) throw this.malformed('its pickle recalls what it never kept');
    this.push(value);
  }
}

type Instruction = (machine: Machine, input: PickleInput) => Promise<void> | undefined;

async function payload(
  machine: Machine,
  input: PickleInput,
  length: number,
  encoding: PickledBytes['encoding'],
): Promise<void> {
  if (encoding === 'utf8' && length <= longestText)
    machine.push(Buffer.from(await input.bytes(length)).toString('utf8'));
  else machine.push({ kind: 'bytes', from: await input.pass(length), length, encoding });
}

/** Python 2's strings: bytes that are mostly text. */
async function oldString(machine: Machine, input: PickleInput, length: number): Promise<void> {
  if (length <= longestText) machine.push(Buffer.from(await input.bytes(length)).toString('latin1'));
  else machine.push({ kind: 'bytes', from: await input.pass(length), length, encoding: 'raw' });
}

/** Two's complement, little-endian. */
async function long(machine: Machine, input: PickleInput, length: number): Promise<void> {
  // The largest that occurs is the magic number of old PyTorch files, of 10 bytes.
  if (length > 16) throw machine.malformed('its pickle has a number of more than 16 bytes');
  const bytes = await input.bytes(length);
  const magnitude = bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * length, magnitude);
  const small = Number(value);
  machine.push(Number.isSafeInteger(small) ? small : value);
}

async function decimal(machine: Machine, input: PickleInput): Promise<void> {
  const text = (await input.line()).replace(/L$/, '');
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value))
    throw machine.malformed('its pickle has a number that is none');
  machine.push(value);
}

/** An instruction that does not wait for input. */
const plain =
  (act: (machine: Machine, input: PickleInput) => void): Instruction =>
  (machine, input) => {
    act(machine, input);
    return undefined;
  };

const pushing = (value: PickleValue): Instruction => plain((machine) => machine.push(value));

const named: readonly (readonly [code: number | string, instruction: Instruction])[] = [
  [0x80, plain((_, input) => void input.unsigned(1))], // PROTO
  [0x95, plain((_, input) => void input.length64())], // FRAME
  ['(', plain((machine) => machine.mark())],
  ['0', plain((machine) => void machine.pop())],
  ['1', plain((machine) => void machine.popMark())],
  ['2', plain((machine) => machine.push(machine.top()))],
  ['N', pushing(null)],
  [0x88, pushing(true)],
  [0x89, pushing(false)],
  [
    'I',
    async (machine, input) => {
      const text = await input.line();
      if (text === '00' || text === '01') machine.push(text === '01');
      else if (/^-?\d+$/.test(text)) machine.push(Number(text));
      else throw machine.malformed('its pickle has a number that is none');
    },
  ],
  ['L', decimal],
  ['F', decimal],
  ['J', plain((machine, input) => machine.push(input.signed32()))],
  ['K', plain((machine, input) => machine.push(input.unsigned(1)))],
  ['M', plain((machine, input) => machine.push(input.unsigned(2)))],
  ['G', plain((machine, input) => machine.push(input.float64()))],
  [0x8a, (machine, input) => long(machine, input, input.unsigned(1))],
  [0x8b, (machine, input) => long(machine, input, input.unsigned(4))],
  ['U', (machine, input) => oldString(machine, input, input.unsigned(1))],
  ['T', (machine, input) => oldString(machine, input, input.unsigned(4))],
  ['C', (machine, input) => payload(machine, input, input.unsigned(1), 'raw')],
  ['B', (machine, input) => payload(machine, input, input.unsigned(4), 'raw')],
  [0x8e, (machine, input) => payload(machine, input, input.length64(), 'raw')],
  [0x96, (machine, input) => payload(machine, input, input.length64(), 'raw')], // BYTEARRAY8
  [0x8c, (machine, input) => payload(machine, input, input.unsigned(1), 'utf8')],
  ['X', (machine, input) => payload(machine, input, input.unsigned(4), 'utf8')],
  [0x8d, (machine, input) => payload(machine, input, input.length64(), 'utf8')],
  ['V', async (machine, input) => machine.push(await input.line())],
  [']', plain((machine) => machine.pushContainer([]))],
  [')', plain((machine) => machine.pushContainer([]))],
  ['l', plain((machine) => machine.pushContainer(machine.popMark()))],
  ['t', plain((machine) => machine.pushContainer(machine.popMark()))],
  [0x85, plain((machine) => machine.tuple(1))],
  [0x86, plain((machine) => machine.tuple(2))],
  [0x87, plain((machine) => machine.tuple(3))],
  ['a', plain((machine) => machine.append([machine.pop()]))],
  ['e', plain((machine) => machine.append(machine.popMark()))],
  ['}', plain((machine) => machine.pushContainer({ kind: 'dict', entries: new Map() }))],
  [
    'd',
    plain((machine) => {
      const items = machine.popMark();
      machine.pushContainer({ kind: 'dict', entries: new Map() });
      machine.set(items);
    }),
  ],
  [
    's',
    plain((machine) => {
      const value = machine.pop();
      machine.set([machine.pop(), value]);
    }),
  ],
  ['u', plain((machine) => machine.set(machine.popMark()))],
  [
    'c',
    async (machine, input) => {
      const module = await input.line();
      machine.push(machine.global(`${module}.${await input.line()}`));
    },
  ],
  [0x93, plain((machine) => machine.stackGlobal())],
  ['R', plain((machine) => machine.call())],
  ['b', plain((machine) => machine.build())],
  ['P', async (machine, input) => machine.push({ kind: 'persistent', id: await input.line() })],
  ['Q', plain((machine) => machine.push({ kind: 'persistent', id: machine.pop() }))],
  ['p', async (machine, input) => machine.memoize(Number(await input.line()))],
  ['q', plain((machine, input) => machine.memoize(input.unsigned(1)))],
  ['r', plain((machine, input) => machine.memoize(input.unsigned(4)))],
  [0x94, plain((machine) => machine.memoize())],
  ['g', async (machine, input) => machine.recall(Number(await input.line()))],
  ['h', plain((machine, input) => machine.recall(input.unsigned(1)))],
  ['j', plain((machine, input) => machine.recall(input.unsigned(4)))],
];

/** By code. What is missing makes objects by other ways, or sets, which no checkpoint holds. */
const instructions: ReadonlyMap<number, Instruction> = new Map(
  named.map(([code, instruction]) => [typeof code === 'string' ? code.charCodeAt(0) : code, instruction]),
);

type Kind = 'dict' | 'bytes' | 'global' | 'call' | 'persistent';

export function isKind<K extends Kind>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === kind;
}

/** The entries of a dict or of an OrderedDict; null of anything else. */
export function entriesOf(value: PickleValue | undefined): ReadonlyMap<PickleValue, PickleValue> | null {
  if (isKind(value, 'dict')) return value.entries;
  return isKind(value, 'call') && value.name === 'collections.OrderedDict' ? value.entries : null;
}

/** The values as sizes: integers of at least 0; null where they are not. */
export function sizesOf(value: PickleValue | undefined): number[] | null {
  if (!Array.isArray(value)) return null;
  const sizes = value.filter(
    (size): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0,
  );
  return sizes.length === value.length ? sizes : null;
}
