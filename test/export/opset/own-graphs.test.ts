/** A graph for another opset computes what the original computes, and holds operators of that opset alone. */
import { describe, expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { int32, int64, toNumbers } from '../../../core/tensor.js';
import { convertModel } from '../../../export/opset/convert.js';
import { exportOpsets, fileVersions } from '../../../export/opset/versions.js';
import { smallEncoder, smallStudent } from '../../fixtures/small-models.js';

async function logitsOf(bytes: Uint8Array): Promise<number[]> {
  const session = await openSession(bytes, { optimization: 'disabled' });
  const feeds = { input_ids: int64([1, 2, 3, 4, 1, 0], [2, 3]), sequence_lengths: int32([3, 2]) };
  const { logits } = await session.run(feeds);
  await session.close();
  return toNumbers(logits!);
}

const opsets = Array.from(
  { length: exportOpsets.newest - exportOpsets.oldest + 1 },
  (_, k) => exportOpsets.oldest + k,
);

describe.each([
  ['an encoder', smallEncoder()],
  ['a student', smallStudent()],
])('%s', (_what, bytes) => {
  test.each(opsets)('for opset %d', async (opset) => {
    const written = encodeModel(convertModel(decodeModel(bytes), opset, { contrib: false }));
    expect(decodeModel(written).opsets.get('')).toBe(opset);
    const [found, expected] = [await logitsOf(written), await logitsOf(bytes)];
    for (const [place, value] of expected.entries()) expect(found[place]).toBeCloseTo(value, 6);
    const operators = new Set(decodeModel(written).graph.nodes.map(({ opType }) => opType));
    if (opset < 17) expect(operators).not.toContain('LayerNormalization');
  });
});

test('versions that do not fit are refused, with the window', () => {
  expect(fileVersions({})).toEqual({ opset: 17, irVersion: 9 });
  expect(fileVersions({ opset: 13 })).toEqual({ opset: 13, irVersion: 9 });
  expect(fileVersions({ opset: 13, irVersion: 7 })).toEqual({ opset: 13, irVersion: 7 });
  expect(fileVersions({ opset: 24 }).irVersion).toBeGreaterThan(9);
  const refused = (versions: Parameters<typeof fileVersions>[0], code: string, words: string) => {
    expect(() => fileVersions(versions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  };
  refused({ opset: 12 }, 'opset_outside', '13 to 26');
  refused({ opset: 27 }, 'opset_outside', '13 to 26');
  refused({ opset: 24, irVersion: 9 }, 'export_ir_version_outside', '12 to 13');
  refused({ irVersion: 14 }, 'export_ir_version_outside', '8 to 13');
});
