/** Server and model metadata, of the Open Inference Protocol v2. */
import { z } from 'zod';
import { modelMetadata, modelReady, serverMetadata } from '../../inference/metadata.js';
import type { Route } from '../route.js';

const tensorSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const readySchema = z.object({ name: z.string(), ready: z.boolean() });

const server: Route = {
  method: 'get',
  path: '/v2',
  access: 'key',
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Name, version and extensions of the server',
    responses: {
      200: {
        description: 'What it says of itself',
        schema: z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
      },
    },
  },
  handle: () => ({ body: serverMetadata }),
};

const model: Route = {
  method: 'get',
  path: '/v2/models/:model{/versions/:version}',
  access: 'key',
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Inputs and outputs of a model: give input_ids with sequence_lengths, or text alone',
    responses: {
      200: {
        description: 'Its tensors; -1 is a size that a request chooses',
        schema: z.object({
          name: z.string(),
          versions: z.array(z.string()),
          platform: z.string(),
          parameters: z.object({
            execution_provider: z.string(),
            precision: z.string(),
            temperature: z.number().nullable(),
            calibration_error: z.number().nullable(),
          }),
          inputs: z.array(tensorSchema),
          outputs: z.array(tensorSchema),
        }),
      },
    },
  },
  handle: (context, { parameters }) => ({
    body: modelMetadata(context, parameters.model, parameters.version),
  }),
};

const ready: Route = {
  method: 'get',
  path: '/v2/models/:model{/versions/:version}/ready',
  access: 'open',
  operation: {
    tag: 'Open Inference Protocol',
    summary: 'Whether a model answers',
    responses: {
      200: { description: 'It does', schema: readySchema },
      503: { description: 'Not now', schema: readySchema },
    },
  },
  handle: (context, { parameters: { model: name, version } }) => {
    const isReady = modelReady(context, name, version);
    return { status: isReady ? 200 : 503, body: { name, ready: isReady } };
  },
};

export const metadata = [server, model, ready];
