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
  for (const precision of ['fp16', 'int8']) expect(stdout).toContain(`>static ${precision}</text>`);
  const within = (label: string, element: string) =>
    new RegExp(`aria-label="${label}".*?aria-label`, 's').exec(stdout)?.[0].split(`<${element} `).length;
  expect(within('rule', 'line')).toBe(within('fy-axis tick label', 'text'));
});
