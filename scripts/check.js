// Runs every check in turn, whatever the earlier ones said, and fails if any failed.
// Arguments are passed on to jest. Jest's own report is kept in .cache/checks/jest.json.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

const report = '.cache/checks/jest.json';
mkdirSync('.cache/checks', { recursive: true });
rmSync(report, { force: true });

const stages = [
  ['types', 'npm run --silent build'],
  ['lint', 'npm run --silent lint'],
  ['format', 'npm run --silent format:check'],
  ['layers', 'npm run --silent depcruise'],
  ['unused', 'npm run --silent knip'],
  [
    'tests',
    ['npm run --silent test:unit --', '--json', `--outputFile=${report}`, ...process.argv.slice(2)].join(' '),
  ],
];

const failed = [];
for (const [name, command] of stages) {
  console.log(`\n=== ${name}: ${command}`);
  const started = Date.now();
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`=== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}

console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
