/** Work that one process at a time may do, marked by a lock file that names the process. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fail } from './errors.js';
import { hasCode } from './has-code.js';
import { reasonOf } from './reason-of.js';

/**
 * Holds the lock file while the work goes on. One that a killed process of this host left is taken over.
 * @param path what the work writes, for the error
 * @throws RetortError in_use; file_unwritable
 */
export async function exclusively<T>(lock: string, path: string, work: () => Promise<T>): Promise<T> {
  if (!(await take(lock))) {
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (mayLive(holder)) throw fail('in_use', { path, holder, lock });
    await rm(lock, { force: true });
    if (!(await take(lock))) throw fail('in_use', { path, holder: 'another process', lock });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Gives whether there was none. */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, `${String(process.pid)} on ${hostname()}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    const reason = reasonOf(error);
    throw fail('file_unwritable', { path: lock, reason }, error);
  }
}

/** Of a process on another host that cannot be told. */
function mayLive(holder: string): boolean {
  const [, pid, host] = /^(\d+) on (.*)$/.exec(holder) ?? [];
  if (pid === undefined) return false;
  if (host !== hostname()) return true;
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    // Another user's process may not be signalled.
    return hasCode(error, 'EPERM');
  }
}
