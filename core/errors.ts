/**
 * Every error the product raises, in one table with a file a room (`errors/`): a code, a message that names the thing,
 * a hint that says what to do. `docs/errors.md` lists the same table and a test holds the two together.
 *
 * Raise one with `throw fail('data_row_malformed', { path, line, reason })`; what stands in braces in the message or
 * the hint is a required detail.
 */
import type { ErrorEntry, ErrorKind } from './errors/entry.js';
import { bundleErrors } from './errors/bundle.js';
import { checkpointErrors } from './errors/checkpoint.js';
import { commandErrors } from './errors/command.js';
import { comparisonErrors } from './errors/comparison.js';
import { dataErrors } from './errors/data.js';
import { downloadErrors } from './errors/download.js';
import { edgeErrors } from './errors/edge.js';
import { enginesErrors } from './errors/engines.js';
import { exportErrors } from './errors/export.js';
import { graphErrors } from './errors/graph.js';
import { labelsErrors } from './errors/labels.js';
import { loadtestErrors } from './errors/loadtest.js';
import { optimizerErrors } from './errors/optimizer.js';
import { libraryErrors } from './errors/library.js';
import { quantizeErrors } from './errors/quantize.js';
import { servingErrors } from './errors/serving.js';
import { textErrors } from './errors/text.js';
import { trainingErrors } from './errors/training.js';
import { reasonOf } from './reason-of.js';

export type { ErrorKind } from './errors/entry.js';

export const ERRORS = {
  ...commandErrors,
  ...dataErrors,
  ...labelsErrors,
  ...downloadErrors,
  ...textErrors,
  ...bundleErrors,
  ...exportErrors,
  ...libraryErrors,
  ...servingErrors,
  ...edgeErrors,
  ...graphErrors,
  ...optimizerErrors,
  ...quantizeErrors,
  ...enginesErrors,
  ...trainingErrors,
  ...checkpointErrors,
  ...loadtestErrors,
  ...comparisonErrors,
};

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type ErrorDetails<C extends ErrorCode> = Record<
  Placeholders<(typeof ERRORS)[C]['message'] | (typeof ERRORS)[C]['hint']>,
  string | number
>;

/** An error as users see it. `toJSON` is the one shape that commands (`--json`) and the HTTP edge print. */
export class RetortError extends Error {
  override readonly name = 'RetortError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const entry: ErrorEntry = ERRORS[code];
    super(fill(entry.message, details), options);
    this.code = code;
    this.kind = entry.kind;
    this.hint = fill(entry.hint, details);
    this.details = details;
  }

  toJSON(): { code: ErrorCode; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/** Makes the error of the table with this code; the caller throws it. */
export function fail<C extends ErrorCode>(code: C, details: ErrorDetails<C>, cause?: unknown): RetortError {
  return new RetortError(code, details, cause === undefined ? undefined : { cause });
}

/** Any thrown value as a RetortError: what is not one already becomes `internal_error`. */
export function toRetortError(thrown: unknown): RetortError {
  if (thrown instanceof RetortError) return thrown;
  const reason = reasonOf(thrown);
  return fail('internal_error', { reason }, thrown);
}

function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
