/**
 * Sums of products of atoms with real coefficients, in a normal form: equal polynomials have equal keys. Sizes and
 * indices of a graph's values are such sums; so are its values' elements, where they can be told.
 */

export type Atom =
  /** A dimension; at least 1 wherever there is an element. */
  | { readonly kind: 'size'; readonly key: string }
  /** A variable from 0 to `below` - 1. */
  | { readonly kind: 'index'; readonly key: string; readonly below: Polynomial }
  /** The element of a value at these indices. */
  | {
      readonly kind: 'element';
      readonly key: string;
      readonly value: string;
      readonly at: readonly Polynomial[];
      /** Of a value of integers or truths; such an element is finite, and exact where it is cast to floating point. */
      readonly isInteger: boolean;
    };

interface Term {
  readonly coefficient: number;
  /** Sorted by key. */
  readonly atoms: readonly Atom[];
}

export interface Polynomial {
  readonly key: string;
  /** Sorted by their atoms' keys; no coefficient is 0. */
  readonly terms: readonly Term[];
}

export function constant(value: number): Polynomial {
  return normal([{ coefficient: value, atoms: [] }]);
}

export const zero = constant(0);
export const one = constant(1);

export function size(name: string): Polynomial {
  return normal([{ coefficient: 1, atoms: [{ kind: 'size', key: name }] }]);
}

/** A fresh variable of this name; 0 where nothing else is below the bound. */
export function index(name: string, below: Polynomial): Polynomial {
  if (asNumber(below) === 1) return zero;
  return normal([{ coefficient: 1, atoms: [{ kind: 'index', key: `$${name}`, below }] }]);
}

export function element(value: string, at: readonly Polynomial[], isInteger: boolean): Polynomial {
  const key = `${value}[${at.map((one) => one.key).join(',')}]`;
  return normal([{ coefficient: 1, atoms: [{ kind: 'element', key, value, at, isInteger }] }]);
}

/** The number that it is, or null. */
export function asNumber({ terms }: Polynomial): number | null {
  const [first] = terms;
  if (first === undefined) return 0;
  return terms.length === 1 && first.atoms.length === 0 ? first.coefficient : null;
}

/** The atom that it is a multiple of, or null. */
export function asMultiple({ terms }: Polynomial): { coefficient: number; atom: Atom } | null {
  const [first] = terms;
  const [atom] = first?.atoms ?? [];
  if (first === undefined || atom === undefined || terms.length > 1 || first.atoms.length > 1) return null;
  return { coefficient: first.coefficient, atom };
}

export function sum(a: Polynomial, b: Polynomial): Polynomial {
  return normal([...a.terms, ...b.terms]);
}

export function scaled({ terms }: Polynomial, factor: number): Polynomial {
  return normal(terms.map(({ coefficient, atoms }) => ({ coefficient: coefficient * factor, atoms })));
}

export function difference(a: Polynomial, b: Polynomial): Polynomial {
  return sum(a, scaled(b, -1));
}

export function product(a: Polynomial, b: Polynomial): Polynomial {
  return normal(
    a.terms.flatMap((left) =>
      b.terms.map((right) => ({
        coefficient: left.coefficient * right.coefficient,
        atoms: [...left.atoms, ...right.atoms],
      })),
    ),
  );
}

/** Whether it is known to be at least 0, given that sizes and indices are. */
export function isNotNegative({ terms }: Polynomial): boolean {
  return terms.every(({ coefficient, atoms }) => coefficient > 0 && !atoms.some(isElement));
}

/** Whether it is known to be above 0, of sizes that may be 0. */
export function isPositive(value: Polynomial): boolean {
  return isNotNegative(value) && value.terms.some(({ atoms }) => atoms.length === 0);
}

/** Of indices of an element, so that every size is at least 1: each written as 1 and what it is above that, so that each variable is at least 0. */
function aboveSmallest({ terms }: Polynomial): Polynomial {
  const shifted = terms.map(({ coefficient, atoms }) =>
    atoms
      .map((atom) => {
        const variable = normal([{ coefficient: 1, atoms: [atom] }]);
        return atom.kind === 'size' ? sum(variable, one) : variable;
      })
      .reduce(product, constant(coefficient)),
  );
  return shifted.reduce(sum, zero);
}

/**
 * Quotient and remainder, the remainder at least 0 and below the divisor; null where that cannot be told.
 * @param divisor at least 1
 */
export function divide(
  dividend: Polynomial,
  divisor: Polynomial,
): { quotient: Polynomial; remainder: Polynomial } | null {
  const [by] = divisor.terms;
  if (by === undefined || divisor.terms.length > 1) return null;
  const quotient: Term[] = [];
  const rest: Term[] = [];
  for (const term of dividend.terms) {
    const atoms = without(term.atoms, by.atoms);
    const coefficient = term.coefficient / by.coefficient;
    if (atoms !== null && Number.isInteger(coefficient)) quotient.push({ coefficient, atoms });
    else rest.push(term);
  }
  const remainder = normal(rest);
  if (!isNotNegative(aboveSmallest(remainder))) return null;
  // remainder <= divisor - 1, at the most that its indices may be
  const slack = difference(difference(divisor, one), most(remainder));
  if (!isNotNegative(aboveSmallest(slack))) return null;
  return { quotient: normal(quotient), remainder };
}

/** With a number in the place of an atom. */
export function substituted({ terms }: Polynomial, atom: string, number: number): Polynomial {
  return normal(
    terms.map(({ coefficient, atoms }) => {
      const rest = atoms.filter(({ key }) => key !== atom);
      return { coefficient: coefficient * number ** (atoms.length - rest.length), atoms: rest };
    }),
  );
}

/** Its value where every index is the last one; coefficients are not negative. */
function most({ terms }: Polynomial): Polynomial {
  return terms.reduce((total, { coefficient, atoms }) => {
    const largest = atoms.map((atom) =>
      atom.kind === 'index' ? difference(atom.below, one) : normal([{ coefficient: 1, atoms: [atom] }]),
    );
    return sum(total, scaled(largest.reduce(product, one), coefficient));
  }, zero);
}

function isElement({ kind }: Atom): boolean {
  return kind === 'element';
}

/** The atoms that are left once `taken` are struck out; null where one of those is not there. */
function without(atoms: readonly Atom[], taken: readonly Atom[]): Atom[] | null {
  const left = [...atoms];
  for (const { key } of taken) {
    const at = left.findIndex((atom) => atom.key === key);
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return left;
}

function normal(terms: readonly Term[]): Polynomial {
  const byAtoms = new Map<string, Term>();
  for (const { coefficient, atoms } of terms) {
    const sorted = atoms.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const key = sorted.map((atom) => atom.key).join('*');
    byAtoms.set(key, { coefficient: (byAtoms.get(key)?.coefficient ?? 0) + coefficient, atoms: sorted });
  }
  const kept = Array.from(byAtoms)
    .filter(([, { coefficient }]) => coefficient !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    key: kept
      .map(([key, { coefficient }]) => (key === '' ? String(coefficient) : `${String(coefficient)}*${key}`))
      .join('+'),
    terms: kept.map(([, term]) => term),
  };
}
