#!/usr/bin/env node
// Parses the command line and prints errors; every command lives in its own module under commands/.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { commands } from './commands/commands.js';
import { fail, type RetortError, toRetortError } from './core/errors.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Of a command that failed, and of one that was wrongly used. */
const exitCodes = { failed: 1, usage: 2 } as const;

// The reader of a pipe may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// Commander throws what it would have printed, so that its errors look like every other one.
const program = new Command('retort')
  .description('distil a Chinese sentiment classifier, export it, serve it, and measure it')
  .version(manifest.version)
  .exitOverride()
  .configureOutput({ outputError: () => undefined });
const asked = commands.get(process.argv[2] ?? '');
for (const load of asked === undefined ? commands.values() : [asked]) (await load()).register(program);

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) report(toRetortError(thrown));
  else if (thrown.code === 'commander.help') process.exitCode = exitCodes.usage;
  else if (thrown.exitCode !== 0) report(usageError(thrown));
}

/** As people read it or, with `--json`, as one JSON object; on standard error, so that standard output is results alone. */
function report(error: RetortError): void {
  process.stderr.write(
    process.argv.includes('--json')
      ? `${JSON.stringify({ error })}\n`
      : `error: ${error.message}\n  ${error.hint}\n  (${error.code})\n`,
  );
  process.exitCode = error.kind === 'usage' ? exitCodes.usage : exitCodes.failed;
}

function usageError(error: CommanderError): RetortError {
  const reason = error.message
    .replace(/^error: /, '')
    .replace(/[.]$/, '')
    .replaceAll('\n', ' ');
  return fail('command_line_invalid', { reason }, error);
}
