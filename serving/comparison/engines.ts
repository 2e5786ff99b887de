/** The engines there are, in the order of the table: adding one is an entry here. */
import { fail } from '../../core/errors.js';
import { ortEager } from './eager-engines.js';
import type { Engine } from './engine.js';
import { staticCuda, staticGraph, staticUnfused, staticUnoptimized, staticWeb } from './static-engines.js';
import { tfjsNative, tfjsWasm } from './tfjs-engines.js';

export const engines: readonly [Engine, ...Engine[]] = [
  staticGraph,
  staticUnoptimized,
  staticUnfused,
  ortEager,
  tfjsNative,
  tfjsWasm,
  staticWeb,
  staticCuda,
];

/**
 * The engines of these names in the list's order; the reference, the list's first, is always there.
 * @throws RetortError comparison_engine_unknown
 */
export function enginesNamed(names: readonly string[]): [Engine, ...Engine[]] {
  const [reference, ...others] = engines;
  const wanted = new Set(names.map((name) => name.trim()));
  for (const name of wanted) {
    if (!engines.some((engine) => engine.name === name)) {
      throw fail('comparison_engine_unknown', {
        name,
        known: engines.map((engine) => engine.name).join(', '),
      });
    }
  }
  return [reference, ...others.filter(({ name }) => wanted.has(name))];
}
