/** The search for a capacity, repeated: which loads a server is put under, whatever the server is. */
import type { RequestPlan } from '../open-loop/planned-requests.js';
import { fewestQueries } from './claim.js';
import { type JudgedTrial, searchCapacity, type SearchResult, type Trial } from './search.js';

export interface RepeatedSearchOptions {
  readonly load: (plan: RequestPlan, rate: number) => Promise<Trial>;
  readonly repeats: number;
  /** Of the first load; each further one has the next. */
  readonly seed: number;
  /** Of a load, at least. */
  readonly secondsEach: number;
  readonly onTrial: (trial: JudgedTrial, repeat: number) => void;
  readonly onSearch: (result: SearchResult) => void;
}

/** A search ends with a kept and a broken rate this close. */
export const searchPrecision = 0.05;
const firstRate = 20;
const warmupSeconds = 1;
/** A low rate is loaded for longer than it would be, up to this, so that its queries are enough for a claim. */
const mostSecondsForClaim = 120;
/**
 * Of a load, in units of the bound. Where a rate is too high by a share e, the queue grows by e / (1 + e) of the time: in
 * fewer than (1 + e) / e bounds it does not reach the bound, and the rate would be taken for kept.
 */
const fewestBounds = Math.ceil((1 + searchPrecision) / searchPrecision) + 1;
/** Between a search and the next: the result is near, so steps are short. */
const nearStep = 1.25;

/** How long each rate is to be loaded where `seconds` are asked for. */
export function secondsEachFor(seconds: number, p99BoundMs: number): number {
  return Math.max(seconds, (fewestBounds * p99BoundMs) / 1000);
}

/** How long a rate gives enough queries for a claim, with some to spare for one that is slow. */
export function secondsForClaim(rate: number): number {
  return (1.2 * fewestQueries()) / rate;
}

export async function searchRepeatedly(options: RepeatedSearchOptions): Promise<void> {
  const { load, repeats, seed, secondsEach, onTrial, onSearch } = options;
  let loads = 0;
  const loadAt = (rate: number): Promise<Trial> => {
    const seconds = Math.max(secondsEach, Math.min(mostSecondsForClaim, secondsForClaim(rate)));
    const stages = [{ seconds, from: rate, to: rate }];
    return load({ stages, arrivals: 'poisson', seed: seed + loads++, warmupSeconds }, rate);
  };
  let before: number | null = null;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const found: SearchResult = await searchCapacity({
      load: loadAt,
      start: before ?? firstRate,
      step: before === null ? 2 : nearStep,
      precision: searchPrecision,
      onTrial: (trial) => {
        onTrial(trial, repeat);
      },
    });
    before = found.rate;
    onSearch(found);
  }
}
