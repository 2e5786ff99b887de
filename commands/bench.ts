/** `retort bench`: what the product says about its own speed, for anyone to rerun. */
import type { Command } from 'commander';
import * as checkpoint from './bench/checkpoint.js';
import * as costs from './bench/costs.js';
import * as generator from './bench/generator.js';
import * as exported from './bench/export.js';
import * as labelling from './bench/labelling.js';
import * as plan from './bench/plan.js';
import * as serve from './bench/serve.js';
import * as training from './bench/training.js';

interface Bench {
  register(bench: Command): void;
}

// The visible list of benchmarks; comparing engines is a command of its own, `retort compare`.
const benches: readonly Bench[] = [serve, costs, plan, training, checkpoint, labelling, generator, exported];

export function register(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure Retort itself, with the conditions of every figure');
  for (const each of benches) each.register(bench);
}
