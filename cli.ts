#!/usr/bin/env node
// Parses the command line and prints errors; every command lives in its own module under commands/.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as bench from './commands/bench.js';
import * as compare from './commands/compare.js';
import * as exportCommand from './commands/export.js';
import * as loadtest from './commands/loadtest.js';
import * as predict from './commands/predict.js';
import * as serve from './commands/serve.js';
import * as train from './commands/train.js';
import { toRetortError } from './core/errors.js';

interface CommandModule {
  register(program: Command): void;
}

// The visible list of commands, in the order `--help` prints them.
const commands: readonly CommandModule[] = [serve, predict, train, exportCommand, compare, loadtest, bench];

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
for (const command of commands) command.register(program);

try {
  await program.parseAsync();
} catch (thrown) {
  const error = toRetortError(thrown);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error })}\n`);
  else process.stderr.write(`error: ${error.message}\n  ${error.hint}\n  (${error.code})\n`);
  process.exitCode = error.kind === 'usage' ? exitCodes.usage : exitCodes.failed;
}
