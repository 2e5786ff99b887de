/** Server and model metadata, of the Open Inference Protocol v2. */
import type { Request } from 'express';
import { modelMetadata as metadataOf, modelReady as isModelReady } from '../../inference/metadata.js';
import type { Route } from '../route.js';

export const serverMetadata: Route = {
  method: 'get',
  path: '/v2',
  handle: (_context, _request, response) => {
    response.json({ name: 'retort', version: '1', extensions: [] });
  },
};

export const modelMetadata: Route = {
  method: 'get',
  path: '/v2/models/:model{/versions/:version}',
  handle: (context, request, response) => {
    response.json(metadataOf(context, ...addressOf(request)));
  },
};

export const modelReady: Route = {
  method: 'get',
  path: '/v2/models/:model{/versions/:version}/ready',
  handle: (context, request, response) => {
    const [name, version] = addressOf(request);
    const ready = isModelReady(context, name, version);
    response.status(ready ? 200 : 503).json({ name, ready });
  },
};

/** The model's name and, where the path has one, the version. */
export function addressOf({ params }: Request): [string | undefined, string | undefined] {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return [text(params.model), text(params.version)];
}
