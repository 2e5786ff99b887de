/** Chooses TensorFlow.js's backend: WebAssembly, plain JavaScript, or the native library where a user installed it. */
import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fail } from '../errors.js';
import { hasCode } from '../has-code.js';

export type TfjsBackend = 'wasm' | 'cpu' | 'native';

/** Optional peers, the GPU's first: found at run time, never installed with Retort. */
const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/**
 * Makes it the backend of this process; its threads are TensorFlow.js's own choice: one of wasm and cpu.
 * @throws RetortError tfjs_native_missing
 */
export async function useTfjsBackend(backend: TfjsBackend): Promise<void> {
  tf.enableProdMode(); // neither checks of every value nor advice on the console
  switch (backend) {
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${path.dirname(entry)}${path.sep}`);
      await tf.setBackend('wasm');
      break;
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      break;
    case 'native':
      await importNative();
      await tf.setBackend('tensorflow');
      break;
  }
  await tf.ready();
}

async function importNative(): Promise<void> {
  const reasons: string[] = [];
  for (const name of nativePackages) {
    try {
      await import(name);
      return;
    } catch (error) {
      reasons.push(
        `${name}: ${hasCode(error, 'ERR_MODULE_NOT_FOUND') ? 'not found' : String(error).split('\n')[0]}`,
      );
    }
  }
  throw fail('tfjs_native_missing', { reason: reasons.join('; ') });
}
