/** Work on files, whose failure is told as what it is. */
import { fail } from './errors.js';
import { reasonOf } from './reason-of.js';

/** @throws RetortError file_unwritable, with what the work throws as its reason */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fail('file_unwritable', { path, reason: reasonOf(error) }, error);
  }
}
