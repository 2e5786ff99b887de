/** Published recipes: option values that hold where the command line does not say otherwise. */
import type { Command } from 'commander';

/**
 * `seed`: PaddleNLP's distill_lstm student of Tang et al., 2019: mean squared error on the teacher's logits, Adadelta.
 * Its augmentation is that of `retort label --copies`.
 */
const recipes = {
  seed: {
    optimizer: 'adadelta',
    learningRate: 1,
    schedule: 'constant',
    loss: 'mse',
    epochs: 6,
    batchSize: 32,
    dropout: 0.1,
    evaluateEvery: 200,
  },
} as const;

export type RecipeName = keyof typeof recipes;

export const recipeNames = Object.keys(recipes);

/** Sets the recipe's values on the command, but for options that were given. */
export function applyRecipe(command: Command, name: RecipeName | undefined): void {
  if (name === undefined) return;
  for (const [option, value] of Object.entries(recipes[name])) {
    if (command.getOptionValueSource(option) !== 'cli')
      command.setOptionValueWithSource(option, value, 'recipe');
  }
}
