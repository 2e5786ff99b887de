/** An installed package's version. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({ version: z.string() });

/** @param entry a file of the package, as `require.resolve` gives it */
export async function packageVersion(entry: string): Promise<string> {
  for (let folder = path.dirname(entry); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => null);
    const manifest = text === null ? null : manifestSchema.safeParse(JSON.parse(text));
    if (manifest?.success === true) return manifest.data.version;
  }
  return 'unknown';
}
