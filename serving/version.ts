/** The version of this package, for those who ask a server for it. */
import { readFileSync } from 'node:fs';

/** From dist/serving/ two folders up. */
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

export const version = manifest.version;
