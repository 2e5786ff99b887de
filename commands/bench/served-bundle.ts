/** `retort serve` of one bundle in a process of its own, with the texts it is asked about, for as long as it is needed. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Manifest } from '../../core/bundle/manifest.js';
import { variantPrecisions } from '../../core/bundle/precisions.js';
import { openBundle } from '../../core/bundle/read.js';
import { readTexts } from '../../core/text-file.js';
import { freePort, type ServedProcess, startServed } from '../../loadtest/bench/child.js';
import { reviews } from '../../loadtest/reviews.js';
import { targetOf } from '../../loadtest/target.js';
import { bundleFolder } from '../shipped.js';

export const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

export interface ServedBundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Of the variant that the server has loaded, by its own word. */
  readonly precision: Manifest['variants'][number]['precision'];
  readonly served: ServedProcess;
  readonly texts: readonly string[];
  /** The same, a JSON string a line. */
  readonly textsFile: string;
  /** Closes something before the server is stopped, whatever happens. */
  readonly defer: (cleanup: () => Promise<void> | void) => void;
}

/** @throws RetortError bench_server_failed, and of the bundle and the texts */
export async function withServedBundle(
  {
    model,
    texts: file,
    workers,
    precision: asked,
  }: {
    readonly model?: string | undefined;
    readonly texts?: string | undefined;
    readonly workers: number;
    /** What `retort serve` chooses by itself where it is absent. */
    readonly precision?: Manifest['variants'][number]['precision'] | undefined;
  },
  use: (bundle: ServedBundle) => Promise<void>,
): Promise<void> {
  const folder = await bundleFolder(model);
  const { manifest } = await openBundle(folder);
  const texts = file === undefined ? reviews : await readTexts(file);
  const scratch = await mkdtemp(join(tmpdir(), 'retort-bench-'));
  const cleanups: (() => Promise<void> | void)[] = [() => rm(scratch, { recursive: true, force: true })];
  const clean = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  const interrupt = () => {
    void clean().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const textsFile = join(scratch, 'texts.jsonl');
    await writeFile(textsFile, texts.map((text) => JSON.stringify(text)).join('\n'));
    // A repository of this bundle alone, so that the server loads no other.
    const repository = join(scratch, 'repository');
    await cp(folder, join(repository, manifest.name, manifest.version), { recursive: true });
    const port = await freePort();
    const commandLine = [
      ...['serve', '--repository', repository, '--host', '127.0.0.1', '--port', String(port)],
      ...[
        '--workers',
        String(workers),
        '--threads',
        '1',
        '--log-level',
        'error',
        '--precision',
        asked ?? 'auto',
      ],
    ];
    const served = await startServed(cli, commandLine, targetOf(`http://127.0.0.1:${port}`), texts[0] ?? '');
    cleanups.push(() => served.stop());
    await use({
      folder,
      manifest,
      precision: await servedPrecision(served.target),
      served,
      texts,
      textsFile,
      defer: (cleanup) => cleanups.push(cleanup),
    });
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
    await clean();
  }
}

const modelsSchema = z.looseObject({
  models: z.tuple([z.looseObject({ precision: z.enum(variantPrecisions) })]),
});

async function servedPrecision(target: URL): Promise<ServedBundle['precision']> {
  const answer = await fetch(new URL('/v1/models', target));
  return modelsSchema.parse(await answer.json()).models[0].precision;
}
