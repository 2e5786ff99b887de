/** Forms that a weight matrix takes as integers, and which CPUs multiply them exactly. */
import { type Machine, sumsIntegersWide } from './machine.js';

export interface WeightForm {
  /** int8 around 0, or uint8 around 128. */
  readonly type: 'int8' | 'uint8';
  /** 7 leaves the highest bit unused: two products of it and a uint8 never exceed 16 bits. */
  readonly bits: 7 | 8;
  readonly perColumn: boolean;
}

/** What fits the machine that a file is made for: 7 bits where sums of pairs would saturate. */
export function weightFormFor(machine: Machine): WeightForm {
  return { type: 'int8', bits: sumsIntegersWide(machine) ? 8 : 7, perColumn: true };
}

/** As a file and its manifest name it. */
export function weightFormName({ type, bits, perColumn }: WeightForm): string {
  return `${type}, ${String(bits)} bits, one scale a ${perColumn ? 'column' : 'matrix'}`;
}

/** The form of that name; undefined where it is none. */
export function weightFormNamed(name: string): WeightForm | undefined {
  return forms.find((form) => weightFormName(form) === name);
}

const forms: readonly WeightForm[] = (['int8', 'uint8'] as const).flatMap((type) =>
  ([7, 8] as const).flatMap((bits) => [true, false].map((perColumn) => ({ type, bits, perColumn }))),
);

/** Whether this machine multiplies weights of a named form without saturating: int8 of 8 bits needs sums in 32. */
export function multipliesExactly(
  machine: Pick<Machine, 'instructionSets' | 'platform'>,
  formName: string,
): boolean {
  return sumsIntegersWide(machine) || !formName.startsWith('int8, 8 bits');
}
