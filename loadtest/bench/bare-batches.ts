/** The batches that bare sessions run: of like length, as the server's scheduler makes them. */
import { bucketOf } from '../../core/batching/buckets.js';

/**
 * Batches of exactly `size` rows of one length bucket each, as a scheduler makes them that never waits: texts come in
 * rotation, and a bucket that has `size` of them is run. Over all the batches every text stands equally often.
 */
export function batchesOfLikeLength(rows: readonly (readonly number[])[], size: number): number[][] {
  const waiting = new Map<number, number[]>();
  const batches: number[][] = [];
  // A bucket of k texts has k * size rows after so many rotations: k whole batches.
  for (let rotation = 0; rotation < size; rotation += 1) {
    rows.forEach((row, place) => {
      const bucket = bucketOf(row.length);
      const places = [...(waiting.get(bucket) ?? []), place];
      if (places.length === size) batches.push(places.splice(0));
      waiting.set(bucket, places);
    });
  }
  return batches;
}
