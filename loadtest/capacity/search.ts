/** The highest rate of Poisson arrivals that a server takes within a bound on its p99. */
import { claim, type Claim } from './claim.js';
import { type RateSearchOptions, searchRate } from './search-rate.js';

/** What a rate was found to do. */
export interface Trial {
  /** Requests a second. */
  readonly rate: number;
  readonly queries: number;
  /** Those that were slower than the bound, or did not succeed. */
  readonly slow: number;
  readonly p99Ms: number | null;
}

export interface JudgedTrial extends Trial {
  readonly claim: Claim;
}

export interface SearchOptions extends Pick<RateSearchOptions, 'start' | 'step' | 'precision'> {
  /** Loads the server at this rate for a while. */
  readonly load: (rate: number) => Promise<Trial>;
  readonly onTrial: (trial: JudgedTrial) => void;
}

export interface SearchResult {
  /** The highest rate that may be claimed; null when not even the lowest may. */
  readonly rate: number | null;
  readonly trials: readonly JudgedTrial[];
}

/** How often a rate is loaded whose claim is undecided, all its queries counted together. */
const attempts = 3;
const lowestRate = 0.5;
const highestRate = 1e6;

export async function searchCapacity(options: SearchOptions): Promise<SearchResult> {
  const { load, onTrial, ...terms } = options;
  const trials: JudgedTrial[] = [];
  const search = searchRate({ ...terms, lowest: lowestRate, highest: highestRate });
  let next = search.next();
  while (next.done !== true) {
    const trial = await judge(next.value, load);
    trials.push(trial);
    onTrial(trial);
    next = search.next(trial.claim === 'kept');
  }
  return { rate: next.value, trials };
}

async function judge(rate: number, load: SearchOptions['load']): Promise<JudgedTrial> {
  let [queries, slow] = [0, 0];
  let judged: JudgedTrial | null = null;
  for (
    let attempt = 0;
    attempt < attempts && judged?.claim !== 'kept' && judged?.claim !== 'broken';
    attempt++
  ) {
    const trial = await load(rate);
    queries += trial.queries;
    slow += trial.slow;
    judged = { ...trial, queries, slow, claim: claim(slow, queries) };
  }
  if (judged === null) throw new RangeError('a rate is loaded at least once');
  return judged;
}
