/** What is served: the manifests, and the files of a version, which a browser runs by itself. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { fail } from '../../../core/errors.js';
import type { ServedModel } from '../../model-registry.js';
import type { Route } from '../route.js';

/** Every served model with its manifest, in the configured order, the default first where it is loaded. */
export const models: Route = {
  method: 'get',
  path: '/v1/models',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'What is served, with manifests, and the limits of a request',
    responses: {
      200: {
        description:
          'The models, in the configured order; the first of that answers where a request names none',
        schema: z.object({
          models: z.array(
            z.object({
              ready: z.boolean(),
              workers: z.int(),
              provider: z.string().meta({ description: 'The execution provider in use' }),
              precision: z.string().meta({ description: 'Of the variant that is served' }),
              file: z.string().meta({ description: 'That holds the variant, by the manifest' }),
              manifest: z.looseObject({ name: z.string(), version: z.string() }),
            }),
          ),
          repository: z
            .array(
              z.object({
                name: z.string(),
                version: z.string(),
                state: z.enum(['READY', 'LOADING', 'UNAVAILABLE']),
                reason: z.string(),
                label: z.enum(['stable', 'canary']).nullable(),
              }),
            )
            .meta({ description: 'Every version there is, loaded or not' }),
          limits: z.record(z.string(), z.number()),
        }),
      },
    },
  },
  handle: async ({ registry, limits }) => ({
    body: {
      repository: await registry.index(),
      models: registry.models.map(({ manifest, pool }) => ({
        ready: pool.readyWorkers > 0,
        workers: pool.readyWorkers,
        provider: pool.facts.provider,
        precision: pool.facts.precision,
        file: pool.facts.file,
        manifest,
      })),
      limits,
    },
  }),
};

/** A file that the manifest lists. */
export const modelFile: Route = {
  method: 'get',
  path: '/v1/models/:model/versions/:version/files/:file',
  access: 'key',
  operation: {
    tag: 'Operation',
    summary: 'A file that the manifest of a version lists',
    responses: {
      200: { description: 'Its bytes', media: ['application/octet-stream'] },
      304: { description: 'If-None-Match names it' },
    },
  },
  async handle({ registry }, { parameters, headers }) {
    const model = registry.find(parameters.model, parameters.version);
    const { manifest } = model;
    const file = manifest.files.find((one) => one.path === parameters.file);
    if (file === undefined) {
      throw fail('model_file_unknown', {
        model: `${manifest.name} ${manifest.version}`,
        file: parameters.file ?? '',
        known: manifest.files.map((one) => one.path).join(', '),
      });
    }
    const tag = `"${file.sha256}"`;
    const caching = { etag: tag, 'cache-control': 'private, no-cache' };
    if (headers['if-none-match'] === tag) return { status: 304, headers: caching };
    return {
      headers: {
        ...caching,
        'content-type': 'application/octet-stream',
        'content-length': String(file.bytes),
      },
      body: await contentOf(model, file),
    };
  },
};

/**
 * As many bytes as the manifest says: fewer would be waited for, and more be taken for the next answer of the connection.
 * @throws RetortError bundle_corrupt
 */
async function contentOf(
  { manifest: { name, version }, folder }: ServedModel,
  { path: file, bytes }: ServedModel['manifest']['files'][number],
): Promise<Readable | Uint8Array> {
  const refuse = (reason: string, cause?: unknown) =>
    fail('bundle_corrupt', { path: `${name}/${version}/${file}`, reason }, cause);
  const handle = await open(path.join(folder, file)).catch((error: unknown) => {
    throw refuse('it cannot be read', error);
  });
  const { size } = await handle.stat();
  if (size === bytes && bytes > 0) return handle.createReadStream({ end: bytes - 1 });
  await handle.close();
  if (size === bytes) return new Uint8Array();
  throw refuse(`it has ${String(size)} bytes, its manifest says ${String(bytes)}`);
}
