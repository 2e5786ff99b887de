/** Writes a report as JSON and as a page. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from '../../core/on-disk.js';
import { rewritePage } from './page.js';
import type { RewriteReport, Rewriting } from './rewrite-report.js';

/**
 * @param place a folder, for `report.json` and `report.html`; or one of two files, `.json` and `.html`, by either name
 * @returns the page's path
 * @throws RetortError file_unwritable
 */
export async function writeRewriteReport(
  place: string,
  report: RewriteReport,
  rewriting: Rewriting,
): Promise<string> {
  const stem = /\.(json|html)$/i.test(place) ? place.replace(/\.\w+$/, '') : path.join(place, 'report');
  const page = `${stem}.html`;
  await onDisk(stem, async () => {
    await mkdir(path.dirname(stem), { recursive: true });
    await writeFile(`${stem}.json`, `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(page, rewritePage(report, rewriting));
  });
  return page;
}
