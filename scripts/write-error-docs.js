// Writes docs/errors.md from the table in core/errors.ts (compiled): node scripts/write-error-docs.js
import { writeFileSync } from 'node:fs';
import { errorTable } from '../dist/test/error-table.js';

writeFileSync(new URL('../docs/errors.md', import.meta.url), errorTable());
