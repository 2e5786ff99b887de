/** Published recipes: a student's settings that hold where nothing else is said. */
import type { StudentSettings } from './train-student.js';

/**
 * `seed`: PaddleNLP's distill_lstm student of Tang et al., 2019: mean squared error on the teacher's logits, Adadelta.
 * Its augmentation is two copies of each text with the rates of `augmentations`.
 */
export const recipes = {
  seed: {
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
} as const satisfies Record<string, Partial<StudentSettings>>;

export type RecipeName = keyof typeof recipes;

export const recipeNames = Object.keys(recipes);
