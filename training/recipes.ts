/** Recipes: what holds where nothing else is said. */
import type { StudentSettings } from './train-student.js';

interface Recipe {
  /** Augmented copies of each text, with the rates of `augmentations`. */
  readonly copies: number;
  readonly settings: Partial<StudentSettings>;
}

export const recipes = {
  /** That of the shipped student: docs/accuracy.md has what each part is worth. */
  best: {
    copies: 0,
    settings: {
      loss: 'mse',
      epochs: 3,
      trainPasses: 6,
      evaluateEvery: 360,
      averageDecay: 0.999,
      unknownWords: 'characters',
      wordVectors: 'ppmi',
      wordDropout: 0.1,
      labelShare: 0.4,
      adversarial: 0.02,
      finalEpochs: 3,
    },
  },
  /** PaddleNLP's distill_lstm, after Tang et al., 2019: squared error on the teacher's logits, Adadelta. */
  seed: {
    copies: 2,
    settings: {
      optimizer: 'adadelta',
      learningRate: 1,
      schedule: 'constant',
      loss: 'mse',
      epochs: 6,
      batchSize: 32,
      microBatchSize: 32,
      dropout: 0.1,
      evaluateEvery: 200,
    },
  },
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;

export const recipeNames = Object.keys(recipes);
