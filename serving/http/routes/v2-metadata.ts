/** Server and model metadata, of the Open Inference Protocol v2. */
import type { Request, Response } from 'express';
import type { Manifest } from '../../../core/bundle/manifest.js';
import type { Route, ServerContext } from '../route.js';
import { v2Datatypes } from '../v2-tensors.js';

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
  handle: ({ registry }, request, response) => {
    const { manifest } = registry.find(...addressOf(request));
    response.json({
      name: manifest.name,
      versions: [manifest.version],
      platform: 'onnx_onnxv1',
      // Either the tensors, or `text` alone.
      inputs: [...manifest.inputs.map(port), { name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [
        ...manifest.outputs.map(port),
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'score', datatype: 'FP32', shape: [-1] },
      ],
    });
  },
};

export const modelReady: Route = {
  method: 'get',
  path: '/v2/models/:model{/versions/:version}/ready',
  handle: (context: ServerContext, request: Request, response: Response) => {
    const { manifest, pool } = context.registry.find(...addressOf(request));
    const isReady = pool.readyWorkers > 0 && !context.draining;
    response.status(isReady ? 200 : 503).json({ name: manifest.name, ready: isReady });
  },
};

/** The model's name and, where the path has one, the version. */
export function addressOf({ params }: Request): [string | undefined, string | undefined] {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return [text(params.model), text(params.version)];
}

function port({ name, dtype, shape }: Manifest['inputs'][number]) {
  return {
    name,
    datatype: v2Datatypes[dtype],
    shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
  };
}
