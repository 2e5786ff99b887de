/** Whether onnxruntime-node has its CUDA libraries: asking it itself prints an error of its own. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fail } from '../errors.js';

/** @throws RetortError provider_missing */
export async function requireCudaProvider(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = path.join(path.dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const files = await readdir(folder).catch(() => []);
  if (!files.some((file) => file.includes('providers_cuda')))
    throw fail('provider_missing', {
      provider: 'CUDA',
      reason: `onnxruntime-node has no CUDA library for ${process.platform} ${process.arch}`,
    });
}
