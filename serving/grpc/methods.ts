/** Every method of the service; they say what the routes of REST say. */
import { infer } from '../inference/infer.js';
import type { ServingContext } from '../inference/context.js';
import { modelMetadata, modelReady, serverMetadata, serverReady } from '../inference/metadata.js';
import { loadModel, repositoryIndex, unloadModel } from '../inference/repository.js';
import { shorterOf } from '../inference/submit.js';
import { inferMessageOf, inferRequestOf, timeoutParameterMs } from './infer-messages.js';
import type { InferRequestMessage } from './protocol.js';
import type { UnaryMethod } from './unary.js';

interface ModelAddress {
  readonly name: string;
  readonly version: string;
}

export function methodsOf(context: ServingContext): Readonly<Record<string, UnaryMethod>> {
  return {
    ServerLive: { access: 'open', handle: () => ({ message: { live: true } }) },
    ServerReady: { access: 'open', handle: () => ({ message: { ready: serverReady(context) } }) },
    ModelReady: {
      access: 'open',
      handle: (message: ModelAddress) => ({ message: { ready: modelReady(context, ...addressOf(message)) } }),
    },
    ServerMetadata: { access: 'key', handle: () => ({ message: serverMetadata }) },
    ModelMetadata: {
      access: 'key',
      handle: (message: ModelAddress) => ({ message: modelMetadata(context, ...addressOf(message)) }),
    },
    ModelInfer: {
      access: 'key',
      async handle(message: InferRequestMessage, call) {
        const request = call.timeline.measure('parse', () => inferRequestOf(message));
        const timeoutMs = shorterOf(call.timeoutMs, timeoutParameterMs(message));
        const answer = await infer(context, request, { ...call, timeoutMs });
        const { model, version, items, texts } = answer;
        return {
          message: call.timeline.measure('serialise', () => inferMessageOf(message, answer)),
          log: { model, version, items, texts },
        };
      },
    },
    RepositoryIndex: {
      access: 'key',
      handle: async ({ ready }: { readonly ready: boolean }) => ({
        message: { models: await repositoryIndex(context, ready) },
      }),
    },
    RepositoryModelLoad: {
      access: 'admin',
      async handle({ model_name: name }: { readonly model_name: string }) {
        await loadModel(context, name);
        return { message: {} };
      },
    },
    RepositoryModelUnload: {
      access: 'admin',
      async handle({ model_name: name }: { readonly model_name: string }) {
        await unloadModel(context, name);
        return { message: {} };
      },
    },
  };
}

/** In the protocol an empty string is none. */
function addressOf({ name, version }: ModelAddress): [string | undefined, string | undefined] {
  return [name === '' ? undefined : name, version === '' ? undefined : version];
}
