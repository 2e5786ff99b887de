/** What was typed, as a lineage keeps it: without where files lie on the machine. */
import { Command } from 'commander';
import { expect, test } from '@jest/globals';
import { commandLine } from '../../commands/train/run.js';

async function shown(words: readonly string[], without: readonly string[] = []): Promise<string> {
  const program = new Command('retort');
  let line = '';
  program
    .command('export')
    .argument('<places...>')
    .option('--data <file>')
    .option('--out <folder>')
    .option('--seeds <n>')
    .option('--force')
    .action((_places: string[], _options: object, command: Command) => {
      line = commandLine(command, without);
    });
  await program.parseAsync(words, { from: 'user' });
  return line;
}

test('names what was given, of a bundle name and version', async () => {
  const typed = ['export', '/home/a/runs/student', '/home/a/models/teacher/2/', '--data', '/home/a/Set.zip'];
  expect(await shown([...typed, '--force', '--out', '/home/a/out', '--seeds', '3'])).toBe(
    'retort export student teacher/2 --data Set.zip --seeds 3 --force',
  );
  expect(await shown([...typed, '--seeds', '3'], ['seeds'])).toBe(
    'retort export student teacher/2 --data Set.zip',
  );
});
