/** Where the bundles are that come with the package. */
import { fileURLToPath } from 'node:url';
import { listRepository } from '../core/bundle/repository.js';

/** From dist/commands/ two folders up. */
export const shippedRepository = fileURLToPath(new URL('../../models/repository', import.meta.url));

/** The folder of the first bundle that ships; the repository itself, where opening fails with a clear error, if none does. */
export async function shippedBundle(): Promise<string> {
  return (await listRepository(shippedRepository))[0]?.folder ?? shippedRepository;
}
