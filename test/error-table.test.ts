import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ERRORS } from '../core/errors.js';
import { errorTable } from './error-table.js';

test('docs/errors.md lists every error as the table has it (node scripts/write-error-docs.js writes it)', () => {
  expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorTable());
});

test('no code stands in two files of the table', async () => {
  const folder = new URL('../core/errors/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const modules = (await Promise.all(files.map((file) => import(new URL(file, folder).href)))) as object[];
  const tables = modules.flatMap((exported) => Object.values(exported) as unknown[]);
  const codes = tables.flatMap((table) =>
    typeof table === 'object' && table !== null ? Object.keys(table) : [],
  );
  expect(codes.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
});
