#!/usr/bin/env node
// Parses the command line and nothing else; every command lives in its own module under commands/.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as loadtest from './commands/loadtest.js';

interface CommandModule {
  register(program: Command): void;
}

// The visible list of commands, in the order `--help` prints them.
const commands: readonly CommandModule[] = [loadtest];

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('retort')
  .description('distil a Chinese sentiment classifier, export it, serve it, and measure it')
  .version(manifest.version);
for (const command of commands) command.register(program);

await program.parseAsync();
