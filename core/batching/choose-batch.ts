/** Which of the waiting rows a worker takes: a pure function, so that the policy can be read by itself. */
import { sum } from '../statistics.js';
import { runCost } from './run-cost.js';

/** Why a batch is no larger. */
export type DispatchReason =
  | 'rows' // the most rows that a worker takes
  | 'budget' // another row would cost more than the token budget
  | 'shared' // other workers are free too
  | 'drained'; // nothing else waits that it would pay to take along

/** How a model's rows share a run. */
export interface RowSharing {
  /** Rows are run one by one: none is padded. */
  readonly rowByRow: boolean;
  /** What each further row adds to a run: see `runCost`. */
  readonly rowShare: number;
}

export interface BatchLimits extends RowSharing {
  readonly largestBatch: number;
  /** The most tokens of a batch, padding counted. A row that is longer by itself goes alone. */
  readonly tokenBudget: number;
}

interface Row {
  /** In tokens, at least one. */
  readonly length: number;
}

export interface BatchChoice {
  /** Rows of each bucket's head. */
  readonly taken: readonly number[];
  readonly reason: DispatchReason;
}

/**
 * Rows of one bucket first, in order. Then rows of the next shorter or the next longer one, as long as that makes a
 * token of the batch cheaper: a further row costs less than the first, and padding costs what tokens cost.
 * @param buckets waiting rows by length, shorter buckets first, each with its oldest row first
 * @param home the bucket that the batch is made for; it has a row
 * @param freeWorkers among which the rows are shared, at least one
 */
export function chooseBatch(
  buckets: readonly (readonly Row[])[],
  home: number,
  freeWorkers: number,
  { largestBatch, tokenBudget, rowByRow, rowShare }: BatchLimits,
): BatchChoice {
  const waiting = sum(buckets.map((bucket) => bucket.length));
  const own = buckets[home]?.length ?? 0;
  const most = Math.min(largestBatch, Math.ceil((rowByRow ? own : waiting) / freeWorkers));
  const taken = buckets.map(() => 0);
  let batch: Batch = { rows: 0, longest: 0, tokens: 0 };
  /** null where there is no further row, or none that fits. */
  const withRow = (before: Batch, bucket: number, place: number): Batch | null => {
    const row = buckets[bucket]?.[place];
    if (row === undefined || before.rows === most) return null;
    const after = {
      rows: before.rows + 1,
      longest: Math.max(before.longest, row.length),
      tokens: before.tokens + row.length,
    };
    const computed = rowByRow ? after.tokens : after.rows * after.longest;
    return after.rows > 1 && computed > tokenBudget ? null : after;
  };
  const take = (bucket: number, grown: Batch) => {
    taken[bucket] = (taken[bucket] ?? 0) + grown.rows - batch.rows;
    batch = grown;
  };
  for (let place = 0; place < own; place += 1) {
    const grown = withRow(batch, home, place);
    if (grown === null) break;
    take(home, grown);
  }
  if (batch.rows < Math.min(own, most)) return { taken, reason: 'budget' };
  const costOfToken = ({ rows, longest, tokens }: Batch) => runCost(longest, rows, rowShare) / tokens;
  /** The cheapest batch with rows of a bucket besides. */
  const cheapestWith = (bucket: number): Batch | null => {
    let best: Batch | null = null;
    let grown: Batch | null = batch;
    for (let place = taken[bucket] ?? 0; grown !== null; place += 1) {
      grown = withRow(grown, bucket, place);
      if (grown !== null && (best === null || costOfToken(grown) < costOfToken(best))) best = grown;
    }
    return best;
  };
  const left = (bucket: number) => (taken[bucket] ?? 0) < (buckets[bucket]?.length ?? 0);
  const neighbours = () => {
    const others = [...buckets.keys()].filter(left);
    return [others.findLast((bucket) => bucket < home), others.find((bucket) => bucket > home)];
  };
  for (let grew = !rowByRow; grew;) {
    grew = false;
    for (const bucket of neighbours()) {
      const grown = bucket === undefined ? null : cheapestWith(bucket);
      if (bucket === undefined || grown === null || costOfToken(grown) >= costOfToken(batch)) continue;
      take(bucket, grown);
      grew = true;
    }
  }
  if (batch.rows < most || batch.rows === waiting) return { taken, reason: 'drained' };
  return { taken, reason: most === largestBatch ? 'rows' : 'shared' };
}

interface Batch {
  readonly rows: number;
  readonly longest: number;
  /** Without padding. */
  readonly tokens: number;
}
