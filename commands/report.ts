/** `retort report`: figures about the product's models, made by the product. */
import type { Command } from 'commander';
import * as accuracy from './report/accuracy.js';

export function register(program: Command): void {
  const report = program.command('report').description('train, measure, and write down what came of it');
  accuracy.register(report);
}
