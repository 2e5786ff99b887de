/** `--report`: what rewriting a graph changed, measured and drawn. */
import { Option } from 'commander';
import { measureRewriting, type Rewriting } from '../export/report/rewrite-report.js';
import { writeRewriteReport } from '../export/report/write.js';
import type { InputKind } from '../export/optimize/validate/input-kinds.js';

const budgetMs = 2000;

export function reportOption(): Option {
  return new Option(
    '--report <folder-or-file>',
    'write what changed as JSON and as a page: operators, size, memory, measured times, both graphs drawn',
  );
}

/** Says on standard error where the page is, once it is there. @throws RetortError of the report */
export async function reportRewriting(
  place: string,
  { inputs = {}, ...rewriting }: Rewriting & { readonly inputs?: Readonly<Record<string, InputKind>> },
): Promise<void> {
  process.stderr.write('measuring both graphs by turns, and drawing them\n');
  const report = await measureRewriting(rewriting, {
    threads: 1,
    budgetMs,
    now: () => performance.now(),
    createdAt: new Date(),
    inputs,
  });
  process.stderr.write(`${await writeRewriteReport(place, report, rewriting)}\n`);
}
