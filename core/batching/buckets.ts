/** Length buckets: rows of one bucket may share a padded run. */

/** A bucket's rows are padded by this share of the shortest, or by a few steps. */
const growth = 1.25;
const smallest = 8;

/** The longest length of each bucket, ascending; what is longer than the last goes into the last. */
const limits: readonly number[] = (() => {
  const found = [smallest];
  for (let limit = smallest; limit < 1 << 20; found.push(limit)) limit = Math.ceil(limit * growth);
  return found;
})();

/** The bucket of a row of `length` ids. */
export function bucketOf(length: number): number {
  let [low, high] = [0, limits.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (length <= (limits[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The longest length of each bucket that rows of at most `longest` ids fall into: what a warm-up runs. */
export function bucketLimits(longest: number): number[] {
  return limits.slice(0, bucketOf(longest) + 1).map((limit) => Math.min(limit, longest));
}
