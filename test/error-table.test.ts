import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { errorTable } from './error-table.js';

test('docs/errors.md lists every error as the table has it (node scripts/write-error-docs.js writes it)', () => {
  expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorTable());
});
