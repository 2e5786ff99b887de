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

/** Those that can be asked for, as `--weights` names them. */
export const weightOptions = {
  int8: { type: 'int8', bits: 8 },
  int7: { type: 'int8', bits: 7 },
  uint8: { type: 'uint8', bits: 8 },
} as const satisfies Record<string, Omit<WeightForm, 'perColumn'>>;

export type WeightOption = keyof typeof weightOptions;

export interface NamedWeightForm {
  readonly option: WeightOption;
  readonly form: WeightForm;
}

/** The form that `weightFormName` gives that name; undefined where there is none. */
export function weightFormNamed(name: string): NamedWeightForm | undefined {
  return namedForms.find(({ form }) => weightFormName(form) === name);
}

const namedForms = (Object.keys(weightOptions) as WeightOption[]).flatMap((option) =>
  [true, false].map((perColumn) => ({ option, form: { ...weightOptions[option], perColumn } })),
);

/** Whether this machine multiplies weights of a named form without saturating: int8 of 8 bits needs sums in 32. */
export function multipliesExactly(
  machine: Pick<Machine, 'instructionSets' | 'platform'>,
  formName: string,
): boolean {
  return sumsIntegersWide(machine) || !formName.startsWith('int8, 8 bits');
}
