#!/usr/bin/env node
// Parses the command line and prints errors; every command lives in its own module under commands/.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { toRetortError } from './core/errors.js';

interface CommandModule {
  register(program: Command): void;
}

// The visible list of commands, in the order `--help` prints them. Only the one that is asked for is loaded: a server
// keeps no load generator in memory.
const commands: ReadonlyMap<string, () => Promise<CommandModule>> = new Map([
  ['serve', () => import('./commands/serve.js')],
  ['predict', () => import('./commands/predict.js')],
  ['train', () => import('./commands/train.js')],
  ['export', () => import('./commands/export.js')],
  ['tokenize', () => import('./commands/tokenize.js')],
  ['compare', () => import('./commands/compare.js')],
  ['loadtest', () => import('./commands/loadtest.js')],
  ['bench', () => import('./commands/bench.js')],
]);

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Failed, and wrongly used: commander's own errors exit with the second too. */
const exitCodes = { failed: 1, usage: 2 } as const;

const program = new Command('retort')
  .description('distil a Chinese sentiment classifier, export it, serve it, and measure it')
  .version(manifest.version)
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  });
const asked = commands.get(process.argv[2] ?? '');
for (const load of asked === undefined ? commands.values() : [asked]) (await load()).register(program);

try {
  await program.parseAsync();
} catch (thrown) {
  const error = toRetortError(thrown);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error })}\n`);
  else process.stderr.write(`error: ${error.message}\n  ${error.hint}\n  (${error.code})\n`);
  process.exitCode = error.kind === 'usage' ? exitCodes.usage : exitCodes.failed;
}
