/**
 * Temperature scaling: one number that divides the logits, so that a score says how often it is right. Labels stay.
 * Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017 (arXiv:1706.04599).
 */
import type { Manifest } from '../core/bundle/manifest.js';
import { argmax, leastProbability, probabilities } from '../core/probabilities.js';

export interface Prediction {
  readonly logits: readonly number[];
  readonly label: number;
}

const bins = 15;
/** Of the search, in ln(temperature): more than any network needs. */
const [coldest, hottest] = [Math.log(0.01), Math.log(100)];
const searchSteps = 60;

export function calibrationOn(
  data: string,
  predictions: readonly Prediction[],
): NonNullable<Manifest['calibration']> {
  const temperature = fitTemperature(predictions);
  return {
    temperature,
    data,
    rows: predictions.length,
    error: {
      before: expectedCalibrationError(predictions, 1),
      after: expectedCalibrationError(predictions, temperature),
    },
  };
}

/** The temperature of the least mean negative log likelihood, by golden-section search: it is convex in 1 / T. */
export function fitTemperature(predictions: readonly Prediction[]): number {
  const loss = (logTemperature: number) =>
    predictions.reduce((sum, { logits, label }) => {
      const likelihood = probabilities(logits, Math.exp(logTemperature))[label] ?? 0;
      return sum - Math.log(Math.max(likelihood, leastProbability));
    }, 0);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [coldest, hottest];
  for (let step = 0; step < searchSteps; step += 1) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (loss(a) < loss(b)) high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}

/** Mean |accuracy - confidence| over bins of equal width, weighted by their rows: section 2 of the source. */
export function expectedCalibrationError(predictions: readonly Prediction[], temperature: number): number {
  const sums = new Float64Array(bins);
  for (const { logits, label } of predictions) {
    const best = argmax(logits);
    const confidence = probabilities(logits, temperature)[best] ?? 0;
    const bin = Math.min(bins - 1, Math.floor(confidence * bins));
    sums[bin] = (sums[bin] ?? 0) + (best === label ? 1 : 0) - confidence;
  }
  return sums.reduce((sum, difference) => sum + Math.abs(difference), 0) / Math.max(1, predictions.length);
}
