/** Parsers of option values that several commands share. */
import { type Command, InvalidArgumentError } from 'commander';

/** An integer from `low` to `high`, both included. */
export function integer(low: number, high: number): (value: string) => number {
  return (value) => {
    const parsed = Number(value);
    if (!Number.isInteger(parsed) || value.trim() === '' || parsed < low || parsed > high) {
      throw new InvalidArgumentError(`It must be an integer from ${low} to ${high}.`);
    }
    return parsed;
  };
}

/** A number from `low` to `high`, both included. */
export function decimal(low: number, high: number): (value: string) => number {
  return (value) => {
    const parsed = Number(value);
    if (value.trim() === '' || !(parsed >= low && parsed <= high)) {
      throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
    }
    return parsed;
  };
}

/** Names with commas between; spaces around them and repetitions fall away. */
export function commaSeparated(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It must be names with commas between.');
  return [...new Set(names)];
}

/** The flag of one of these options, by commander's names, that the command line gives; undefined where it gives none. */
export function givenFlag(command: Command, names: readonly string[]): string | undefined {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return names.includes(name) && command.getOptionValueSource(name) === 'cli';
  });
  return given?.long;
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export const latencyHelp =
  'for cpu: then open what runs slower fused than in parts; more nodes, less time (docs/optimize.md)';
