/** The static graph as one ONNX Runtime session: as it is served, without graph optimisation, and on WebAssembly. */
import { openSession, type SessionOptions } from '../../core/engines/session.js';
import type { Engine } from './engine.js';
import { requireOneThread } from './threads.js';
import { logitsOf } from './logits.js';
import { exactVariant } from '../../models/bundle-parameters.js';

export const staticGraph = engine('static', 'the static graph on ONNX Runtime, all graph optimisations', {
  engine: 'node',
  optimization: 'all',
});

export const staticUnoptimized = engine(
  'static-unoptimized',
  'the static graph on ONNX Runtime, graph optimisations off',
  {
    engine: 'node',
    optimization: 'disabled',
  },
);

export const staticWeb = engine('static-web', 'the static graph on ONNX Runtime for WebAssembly', {
  engine: 'web',
  optimization: 'all',
});

function engine(name: string, description: string, options: SessionOptions): Engine {
  return {
    name,
    description,
    async prepare(bundle, threads) {
      if (options.engine === 'web') requireOneThread(name, threads);
      const session = await openSession(bundle.path(exactVariant(bundle.manifest).file), {
        ...options,
        intraOpThreads: threads,
      });
      return {
        run: async ({ feeds }) => logitsOf(await session.run(feeds)),
        close: () => session.close(),
      };
    },
  };
}
