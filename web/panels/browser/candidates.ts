/** The variants of a bundle that may run here, the wanted one first. */
import type { ModelState, Variant } from '../../api/schemas.js';

/** The one that the server runs, whose logits can be compared; then the bundle's first, which runs everywhere. */
export function candidates({
  manifest: { variants },
  file,
}: Pick<ModelState, 'file' | 'manifest'>): readonly Variant[] {
  const [first] = variants;
  const served = variants.find((variant) => variant.file === file);
  return [...new Set([served, first])].filter((variant) => variant !== undefined);
}
