/** Work that one process at a time may do, marked by a lock file that names the process. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fail } from './errors.js';
import { hasCode } from './has-code.js';
import { onDisk } from './on-disk.js';

/**
 * Holds the lock file while the work goes on. One that a killed process of this host left is taken over.
 * @param path what the work writes, for the error
 * @throws RetortError in_use; file_unwritable
 */
export async function exclusively<T>(lock: string, path: string, work: () => Promise<T>): Promise<T> {
  const mark = await take(lock);
  if (mark === null) {
    const [holder = ''] = ((await read(lock)) ?? '').split('\n');
    throw fail('in_use', { path, holder: holder || 'another process', lock });
  }
  try {
    return await work();
  } finally {
    await release(lock, mark);
  }
}

/** What the locks hold that this process has. */
const held = new Set<string>();

/** Gives what the lock then holds; null where another has it, or just takes it. */
async function take(lock: string): Promise<string | null> {
  const mark = await create(lock);
  if (mark !== null) return mark;
  const left = await read(lock);
  if (left === null || (await mayLive(lock, left))) return null;
  // Who holds the lock of this very mark is alone in removing it: its own process is gone.
  const claim = `${lock}.${createHash('sha256').update(left).digest('hex').slice(0, 16)}`;
  const claimed = await take(claim);
  if (claimed === null) return null;
  try {
    if ((await read(lock)) !== left) return null;
    await rm(lock);
    return await create(lock);
  } finally {
    await release(claim, claimed);
  }
}

/** Null where there is such a file. */
async function create(lock: string): Promise<string | null> {
  const started = await startOf(process.pid);
  const mark = [`${String(process.pid)} on ${hostname()}`, randomUUID(), started ?? ''].join('\n');
  held.add(mark);
  return onDisk(lock, () =>
    writeFile(lock, mark, { flag: 'wx' }).then(
      () => mark,
      (error: unknown) => {
        held.delete(mark);
        if (hasCode(error, 'EEXIST')) return null;
        throw error;
      },
    ),
  );
}

async function release(lock: string, mark: string): Promise<void> {
  if ((await read(lock).catch(() => null)) === mark) await rm(lock, { force: true });
  held.delete(mark);
}

/** Null where there is none. */
function read(lock: string): Promise<string | null> {
  return onDisk(lock, () =>
    readFile(lock, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }),
  );
}

/** Milliseconds after which a lock that holds nothing was left by a power cut: it is made, then written. */
const longestEmpty = 10_000;

/** Of a process on another host that cannot be told. */
async function mayLive(lock: string, mark: string): Promise<boolean> {
  if (mark === '') {
    const made = await stat(lock).catch(() => null);
    return made !== null && Date.now() - made.mtimeMs < longestEmpty;
  }
  const [holder = '', , started = ''] = mark.split('\n');
  const [, pid, host] = /^(\d+) on (.*)$/.exec(holder) ?? [];
  if (pid === undefined) return false;
  if (host !== hostname()) return true;
  // A container that is started again has the ids of its processes again.
  if (Number(pid) === process.pid) return held.has(mark);
  if (started !== '' && (await startOf(Number(pid))) !== started) return false;
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    // Another user's process may not be signalled.
    return hasCode(error, 'EPERM');
  }
}

/** When a process was started, in ticks since the machine was; null where the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The name in parentheses, the second field, may hold anything; the start is the 22nd.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
