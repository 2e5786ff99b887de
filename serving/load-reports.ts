/** A folder of load tests' reports, which the page shows two at a time. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../core/errors.js';

export interface ReportEntry {
  /** Of the file, without `.json`. */
  readonly name: string;
  readonly modifiedAt: string;
}

/** Never a path that leaves the folder. */
const namePattern = /^[\w][\w.-]*$/;
/** The list has the newest of them. */
const mostReports = 100;
/** Bytes of a report that is read. */
const largestReport = 16 * 2 ** 20;

/** @param folder null where the server was given none */
export class LoadReports {
  readonly #folder: string | null;

  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** Newest first. @throws RetortError reports_off, reports_missing */
  async list(): Promise<ReportEntry[]> {
    const folder = this.#open();
    const files = await readdir(folder).catch((error: unknown) => {
      throw fail('reports_missing', { path: folder }, error);
    });
    const names = files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
    const entries = await Promise.all(
      names.filter((name) => namePattern.test(name)).map((name) => this.#entry(folder, name)),
    );
    return entries
      .filter((entry) => entry !== null)
      .sort((a, b) => b.modifiedAt.localeCompare(a.modifiedAt))
      .slice(0, mostReports);
  }

  /** The report's JSON. @throws RetortError reports_off, report_unknown */
  async read(name: string): Promise<Buffer> {
    const folder = this.#open();
    const file = path.join(folder, `${name}.json`);
    const found = namePattern.test(name) ? await stat(file).catch(() => null) : null;
    if (found === null || !found.isFile() || found.size > largestReport)
      throw fail('report_unknown', { name });
    return readFile(file);
  }

  #open(): string {
    if (this.#folder === null) throw fail('reports_off', {});
    return this.#folder;
  }

  async #entry(folder: string, name: string): Promise<ReportEntry | null> {
    const found = await stat(path.join(folder, `${name}.json`)).catch(() => null);
    return found?.isFile() === true ? { name, modifiedAt: found.mtime.toISOString() } : null;
  }
}
