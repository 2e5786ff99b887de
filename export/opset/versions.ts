/** The opsets and IR versions of files that are written. */
import { fail } from '../../core/errors.js';
import { defaultIrVersion, defaultOpset } from '../../core/graph/onnx.js';

/** Of the product's own graphs. Older opsets have no such operators; newer ones the runtime does not read. */
export const exportOpsets = { oldest: 13, newest: 26 } as const;
/** The newest that the runtime reads. */
export const newestIrVersion = 13;
/** The IR version that came with an opset. Source: ONNX's table of versions. */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  [7, 3],
  [9, 4],
  [10, 5],
  [11, 6],
  [12, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [25, 13],
];

export interface FileVersions {
  readonly opset: number;
  readonly irVersion: number;
}

/**
 * The versions of a file, with those that are not asked for.
 * @throws RetortError opset_outside, export_ir_version_outside
 */
export function fileVersions({ opset = defaultOpset, irVersion }: Partial<FileVersions>): FileVersions {
  const { oldest, newest } = exportOpsets;
  if (opset < oldest || opset > newest)
    throw fail('opset_outside', { opset, stage: 'an export', oldest, newest });
  return { opset, irVersion: irVersionFor(opset, irVersion) };
}

/**
 * @param wanted what is asked for; the opset's own by default, or `before` where that is more
 * @throws RetortError export_ir_version_outside
 */
export function irVersionFor(opset: number, wanted?: number, before: number = defaultIrVersion): number {
  const least = irVersions.findLast(([since]) => since <= opset)?.[1] ?? 3;
  const version = wanted ?? Math.min(newestIrVersion, Math.max(least, before));
  if (version < least || version > newestIrVersion)
    throw fail('export_ir_version_outside', { version, opset, oldest: least, newest: newestIrVersion });
  return version;
}
