/** The dropout sites at which a network weighs its attention heads: a multiplier there turns a head off. */
import type { BoundNetwork } from './networks.js';

interface HeadSite {
  readonly name: string;
  readonly heads: number;
}

/** One a layer that has attention, from the first to the last; their values are [batch, heads, queries, keys]. */
export function headSites({ dropoutSites }: BoundNetwork): HeadSite[] {
  return dropoutSites.flatMap(({ name, shape: [, heads] }) =>
    name.endsWith('.attention.probabilities') && typeof heads === 'number' ? [{ name, heads }] : [],
  );
}
