/** The picture in README is that of the measured tables. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const script = 'scripts/draw-static-versus-eager.js';

test(`docs/images/static-versus-eager.svg is drawn from docs/static-versus-eager.md by ${script}`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '-']);
  expect(await readFile('docs/images/static-versus-eager.svg', 'utf8')).toBe(stdout);
  const tables = await readFile('docs/static-versus-eager.md', 'utf8');
  expect(tables).toContain(/aria-label="text"[\s\S]*?>([\d.]+)</.exec(stdout)?.[1] ?? 'no number');
});
