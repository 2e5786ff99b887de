/** Where the bundles are that come with the package. */
import { fileURLToPath } from 'node:url';

/** From dist/commands/ two folders up. */
export const shippedRepository = fileURLToPath(new URL('../../models/repository', import.meta.url));
