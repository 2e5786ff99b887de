/** What ONNX Runtime's CUDA provider needs before it is opened. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fail } from '../errors.js';

/**
 * Looks for its libraries (asking ONNX Runtime itself prints an error of its own), and keeps cuBLAS and cuDNN from computing
 * float32 in TF32, whose 10 bits of mantissa put a teacher's logits 3e-3 from its golden ones. Before the first session.
 * @throws RetortError provider_missing
 */
export async function prepareCuda(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = path.join(path.dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const files = await readdir(folder).catch(() => []);
  if (!files.some((file) => file.includes('providers_cuda')))
    throw fail('provider_missing', {
      provider: 'CUDA',
      reason: `onnxruntime-node has no CUDA library for ${process.platform} ${process.arch}`,
    });
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}
