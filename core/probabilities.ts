/** From logits to scores and labels. */

/** Softmax of the logits over a temperature; the largest is taken off first so that no exponential overflows. */
export function probabilities(logits: readonly number[], temperature = 1): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/** The place of the largest value, the first of equals; -1 of none. */
export function argmax(values: readonly number[] | Float32Array): number {
  return values.indexOf(Math.max(...values));
}

/** The smallest normal number: ONNX Runtime may let its threads take smaller ones for 0, of which there is no logarithm. */
export const leastProbability = 2 ** -1022;
