/** Where the bundles are that come with the package, and how a command line names a bundle. */
import { fileURLToPath } from 'node:url';
import { bundlesNamed } from '../core/bundle/repository.js';

/** From dist/commands/ two folders up. */
export const shippedRepository = fileURLToPath(new URL('../../models/repository', import.meta.url));

/** Where bundles are put unless it is said: never among those that ship. From where the command runs. */
export const ownRepository = 'runs/repository';

/** What commands use where no model is named. */
export const shippedStudent = 'student';

/**
 * The folder of a bundle.
 * @param given a folder (what has a slash, or starts with a dot) or the name of a shipped model
 * @throws RetortError model_missing for a name that does not ship
 */
export async function bundleFolder(given: string = shippedStudent): Promise<string> {
  if (/^[.]|[\\/]/.test(given)) return given;
  const [newest] = await bundlesNamed(shippedRepository, given);
  return newest?.folder ?? given;
}
