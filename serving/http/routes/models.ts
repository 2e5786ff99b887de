/** What is served: the manifests, and the files of a version, which a browser runs by itself. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail } from '../../../core/errors.js';
import type { Route } from '../route.js';
import { addressOf } from './v2-metadata.js';

/** `GET /v1/models`: every served model with its manifest; the first answers where a request names none. */
export const models: Route = {
  method: 'get',
  path: '/v1/models',
  handle: ({ registry, limits }, _request, response) => {
    response.json({
      models: registry.models.map(({ manifest, pool }) => ({
        ready: pool.readyWorkers > 0,
        workers: pool.readyWorkers,
        manifest,
      })),
      limits,
    });
  },
};

/** `GET /v1/models/{model}/versions/{version}/files/{file}`: a file that the manifest lists. */
export const modelFile: Route = {
  method: 'get',
  path: '/v1/models/:model/versions/:version/files/:file',
  handle: async ({ registry }, request, response) => {
    const { manifest, folder } = registry.find(...addressOf(request));
    const file = manifest.files.find((one) => one.path === request.params.file);
    if (file === undefined) {
      throw fail('model_file_unknown', {
        model: `${manifest.name} ${manifest.version}`,
        file: String(request.params.file),
        known: manifest.files.map((one) => one.path).join(', '),
      });
    }
    const tag = `"${file.sha256}"`;
    response.set({ ETag: tag, 'Cache-Control': 'private, no-cache', 'X-Content-Type-Options': 'nosniff' });
    if (request.get('if-none-match') === tag) {
      response.status(304).end();
      return;
    }
    response.type('application/octet-stream').set('Content-Length', String(file.bytes));
    await pipeline(createReadStream(path.join(folder, file.path)), response).catch((error: unknown) => {
      if (!response.destroyed) throw error;
    });
  },
};
