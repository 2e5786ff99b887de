/** Rows of one file set aside to measure on, so that what trains on the rest has not seen them. */
import { randomStream, shuffle } from '../random.js';
import { withoutTrainDuplicates } from './deduplicate.js';
import type { LabelledExample } from './labelled.js';

export interface HeldOut {
  readonly train: readonly LabelledExample[];
  readonly dev: readonly LabelledExample[];
  /** Of train, since their text stands in dev too. */
  readonly leftOut: number;
}

/** Draws `rows` examples as dev; the rest keep their order as train. */
export function holdOut(examples: readonly LabelledExample[], rows: number, seed: number): HeldOut {
  const places = shuffle(
    examples.map((_, place) => place),
    randomStream(seed, 'hold-out', 0),
  );
  const drawn = new Set(places.slice(0, rows));
  const dev = examples.filter((_, place) => drawn.has(place));
  const rest = examples.filter((_, place) => !drawn.has(place));
  const train = withoutTrainDuplicates(rest, dev);
  return { train, dev, leftOut: rest.length - train.length };
}
