/** Opens a bundle: every file is compared with what the manifest says of it before anything is used. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { fail } from '../errors.js';
import { type Golden, goldenSchema, type Manifest, manifestSchema } from './manifest.js';

export const MANIFEST_FILE = 'manifest.json';
export const GOLDEN_FILE = 'golden.json';

export interface Bundle {
  readonly folder: string;
  /** Tells this bundle from one that takes its place: the manifest has the hashes of all other files. */
  readonly manifestSha256: string;
  readonly manifest: Manifest;
  readonly golden: Golden;
  /** The full path of one of the manifest's files. */
  path(file: string): string;
}

export interface OpenBundleOptions {
  /** Compare every file with the manifest; false for a bundle that this process has just checked. */
  readonly checkFiles?: boolean;
  /** That the manifest must have, where the bundle must be one that was opened earlier. */
  readonly manifestSha256?: string;
}

/** @throws RetortError bundle_missing, bundle_malformed, bundle_corrupt, bundle_replaced */
export async function openBundle(
  folder: string,
  { checkFiles = true, manifestSha256 }: OpenBundleOptions = {},
): Promise<Bundle> {
  const manifestFile = path.join(folder, MANIFEST_FILE);
  const text = await readText(manifestFile);
  const found = createHash('sha256').update(text).digest('hex');
  if (manifestSha256 !== undefined && found !== manifestSha256)
    throw fail('bundle_replaced', { path: folder });
  const manifest = parseJson(manifestFile, text, manifestSchema);
  if (checkFiles) await Promise.all(manifest.files.map((file) => checkFile(folder, file)));
  const listed = new Set(manifest.files.map((file) => file.path));
  const needed = manifest.variants.flatMap((variant) => [variant.file, goldenFileOf(variant)]);
  for (const file of [GOLDEN_FILE, ...needed]) {
    if (!listed.has(file))
      throw fail('bundle_malformed', {
        path: manifestFile,
        reason: `files lacks ${file}`,
      });
  }
  return {
    folder,
    manifestSha256: found,
    manifest,
    golden: await readJson(path.join(folder, GOLDEN_FILE), goldenSchema),
    path: (file) => path.join(folder, file),
  };
}

/** Golden logits of a variant: 8 bits give others than 32. @throws RetortError bundle_missing, bundle_malformed */
export function readGolden(
  { path: pathOf }: Pick<Bundle, 'path'>,
  variant: Manifest['variants'][number],
): Promise<Golden> {
  return readJson(pathOf(goldenFileOf(variant)), goldenSchema);
}

/** Every file of golden logits that a bundle has. */
export function goldenFiles({ variants }: Pick<Manifest, 'variants'>): string[] {
  return [...new Set([GOLDEN_FILE, ...variants.map(goldenFileOf)])];
}

function goldenFileOf({ golden }: Manifest['variants'][number]): string {
  return golden ?? GOLDEN_FILE;
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  return parseJson(file, await readText(file), schema);
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('bundle_missing', { path: file }, error);
  });
}

function parseJson<T>(file: string, text: string, schema: z.ZodType<T>): T {
  const refuse = (reason: string, cause?: unknown) => fail('bundle_malformed', { path: file, reason }, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error));
  return parsed.data;
}

/** Streams, so that a large file is never in memory as a whole. */
async function checkFile(
  folder: string,
  { path: name, bytes, sha256 }: Manifest['files'][number],
): Promise<void> {
  const file = path.join(folder, name);
  const size = await stat(file).then(
    (found) => found.size,
    () => null,
  );
  if (size === null) throw fail('bundle_corrupt', { path: file, reason: 'the file is missing' });
  if (size !== bytes)
    throw fail('bundle_corrupt', {
      path: file,
      reason: `it has ${String(size)} bytes, not ${String(bytes)}`,
    });
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const found = hash.digest('hex');
  if (found !== sha256)
    throw fail('bundle_corrupt', { path: file, reason: `its sha256 is ${found}, not ${sha256}` });
}
