/** Every command line that the documentation shows is one that the product takes. */
import { readdir } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { commands } from '../../commands/commands.js';
import { shownCommandLines } from './command-lines.js';

let load: (words: readonly string[]) => Promise<void>;
beforeAll(async () => {
  const registered: { register: (program: Command) => void }[] = [];
  // One after another: Jest cannot import modules at once that import the same ones.
  for (const module of commands.values()) registered.push(await module());
  load = async (words) => {
    const program = new Command('retort').exitOverride().configureOutput({ outputError: () => undefined });
    for (const { register } of registered) register(program);
    disarm(program);
    await program.parseAsync(words, { from: 'user' });
  };
});

/** A command is parsed as ever, and then does nothing. */
function disarm(command: Command): void {
  command.exitOverride().action(() => undefined);
  for (const one of command.commands) disarm(one);
}

test('command lines of the documentation are understood', async () => {
  const pages = (await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  const shown = await shownCommandLines(['README.md', ...pages]);
  expect(shown.length).toBeGreaterThan(40);
  for (const [page, words] of shown) {
    const refused = await load(words).then(
      () => null,
      (error: unknown) => String(error),
    );
    expect({ page, words, refused }).toEqual({ page, words, refused: null });
  }
  await expect(load(['predict', '--modle', 'x'])).rejects.toThrow('unknown option');
});
