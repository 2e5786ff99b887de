import { ask } from './client.js';
import { type PredictionAnswer, predictionSchema } from './schemas.js';

export function predict(
  request: {
    readonly texts: readonly string[];
    readonly model: string;
    readonly version?: string;
    readonly logits?: boolean;
    readonly explain?: boolean;
  },
  signal?: AbortSignal,
): Promise<PredictionAnswer> {
  return ask('/v1/predict', predictionSchema, { body: request, ...(signal === undefined ? {} : { signal }) });
}
