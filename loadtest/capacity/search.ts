/** The highest rate of Poisson arrivals that a server takes within a bound on its p99, by bisection. */
import { claim, type Claim } from './claim.js';

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

export interface SearchOptions {
  /** Loads the server at this rate for a while. */
  readonly load: (rate: number) => Promise<Trial>;
  readonly start: number;
  /** The factor of the first steps, up or down. */
  readonly step: number;
  /** The search ends when the rates that are kept and not kept are this close, as a share. */
  readonly precision: number;
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
  const { start, step, precision, onTrial } = options;
  const trials: JudgedTrial[] = [];
  const keeps = async (rate: number): Promise<boolean> => {
    const trial = await judge(rate, options.load);
    trials.push(trial);
    onTrial(trial);
    return trial.claim === 'kept';
  };
  let rate = start;
  const startKept = await keeps(rate);
  // Up or down until the answer changes.
  let [kept, broken] = startKept ? [rate, Infinity] : [0, rate];
  while (startKept ? broken === Infinity : kept === 0) {
    rate = startKept ? rate * step : rate / step;
    if (rate < lowestRate || rate > highestRate) return { rate: startKept ? kept : null, trials };
    if (await keeps(rate)) kept = rate;
    else broken = rate;
  }
  while (broken / kept > 1 + precision) {
    rate = Math.sqrt(kept * broken);
    if (await keeps(rate)) kept = rate;
    else broken = rate;
  }
  return { rate: kept, trials };
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
