/** Constants with equal contents are one. */
import type { Tensor } from '../../../core/tensor.js';
import type { Pass, Steps } from '../rule.js';

/** @param kept names of constants that stay as they are */
export function mergeConstants(kept: ReadonlySet<string>, steps: Steps): Pass {
  return {
    name: 'merge-constants',
    run(editor) {
      if (!steps.left) return { rewrites: [], refusals: [] };
      const groups = new Map<string, string[]>();
      let merged = 0;
      for (const [name, tensor] of [...editor.initializers]) {
        const kind = `${tensor.dtype}[${tensor.shape.join(',')}]`;
        if (kept.has(name)) continue;
        const alike = groups.get(kind) ?? [];
        groups.set(kind, alike);
        const twin = alike.find((other) => isEqual(editor.constant(other), tensor));
        if (twin === undefined || editor.outputs.includes(name) || !editor.isReplaceable(name, twin))
          alike.push(name);
        else {
          editor.replace(name, twin);
          merged += 1;
        }
      }
      editor.prune();
      const rewrites =
        merged === 0 ? [] : [{ rule: 'merge-constants', step: steps.next(), removed: [], added: [] }];
      return { rewrites, refusals: [] };
    },
  };
}

function isEqual(a: Tensor | null, b: Tensor): boolean {
  const bytes = ({ data }: Tensor) =>
    Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return a !== null && bytes(a).equals(bytes(b));
}
