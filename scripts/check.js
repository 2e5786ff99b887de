// Runs every check, whatever the others said, and fails if any failed: the build, then what only reads, two at a time,
// then the tests. Arguments are passed on to jest. Jest's own report is kept in .cache/checks/jest.json.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

const report = '.cache/checks/jest.json';
mkdirSync('.cache/checks', { recursive: true });
rmSync(report, { force: true });

const failed = [];

/** What the stage prints is kept until it ends, so that stages side by side do not mix. */
async function run([name, command], stdio = 'pipe') {
  const started = Date.now();
  const head = `\n=== ${name}: ${command}`;
  if (stdio === 'inherit') console.log(head);
  const child = spawn(command, { shell: true, stdio: ['inherit', stdio, stdio] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => printed.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (stdio === 'pipe') console.log(head);
  process.stdout.write(Buffer.concat(printed));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`=== ${name}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (code !== 0) failed.push(name);
}

async function runInTurn(stages) {
  for (const stage of stages) await run(stage);
}

await run(['types', 'npm run --silent build']);
await Promise.all([
  run(['lint', 'npm run --silent lint']),
  runInTurn([
    ['format', 'npm run --silent format:check'],
    ['layers', 'npm run --silent depcruise'],
    ['unused', 'npm run --silent knip'],
  ]),
]);
const jest = ['npm run --silent test:unit --', '--json', `--outputFile=${report}`, ...process.argv.slice(2)];
await run(['tests', jest.join(' ')], 'inherit');

console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
