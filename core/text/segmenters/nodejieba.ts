/**
 * nodejieba: cppjieba, compiled when it is installed; absent where there was no compiler. The HMM is on (`true`), as
 * in the cuts that published results were trained on.
 */
import { createRequire } from 'node:module';
import { fail } from '../../errors.js';
import { packageVersion } from '../package-version.js';
import type { SegmenterPackage } from './package.js';

const packageName = 'nodejieba';

export async function openNodejieba(): Promise<SegmenterPackage> {
  const require = createRequire(import.meta.url);
  try {
    const { default: nodejieba } = await import('nodejieba');
    // The dictionary is read at the first cut.
    nodejieba.cut('', true);
    return {
      version: await packageVersion(require.resolve(packageName)),
      cut: (text) => nodejieba.cut(text, true),
      tag: (text) => nodejieba.tag(text),
    };
  } catch (error) {
    throw fail('segmenter_missing', { segmenter: packageName }, error);
  }
}
