// The inference engines must work inside jest as they do outside it; everything else builds on that.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  type ValueInfoProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { InferenceSession, Tensor } from 'onnxruntime-node';

function vector(name: string, length: number): ValueInfoProto {
  const dim = [
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(length) } }),
  ];
  const tensor = create(TypeProto_TensorSchema, {
    elemType: TensorProto_DataType.FLOAT,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

function addition(): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: 'addition',
    node: [create(NodeProtoSchema, { opType: 'Add', input: ['a', 'b'], output: ['sum'] })],
    input: [vector('a', 3), vector('b', 3)],
    output: [vector('sum', 3)],
  });
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })],
    graph,
  });
  return toBinary(ModelProtoSchema, model);
}

describe('ONNX Runtime', () => {
  test('runs a graph built here and answers with typed arrays of this realm', async () => {
    const session = await InferenceSession.create(addition());
    const { sum } = await session.run({
      a: new Tensor('float32', Float32Array.of(1, 2, 3), [3]),
      b: new Tensor(Float32Array.of(10, 20, 30)),
    });
    expect(sum?.data).toBeInstanceOf(Float32Array);
    expect(sum?.data).toEqual(Float32Array.of(11, 22, 33));
    await session.release();
  });

  test('refuses a broken graph with an error that is an Error', async () => {
    const broken = InferenceSession.create(new Uint8Array([1, 2, 3]));
    await expect(broken).rejects.toBeInstanceOf(Error);
  });
});

describe('TensorFlow.js', () => {
  test('multiplies on the WebAssembly backend', async () => {
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(path.dirname(entry) + path.sep);
    expect(await tf.setBackend('wasm')).toBe(true);
    expect(tf.getBackend()).toBe('wasm');
    const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
    expect(await product.data()).toEqual(Float32Array.of(19, 22, 43, 50));
  });
});

describe('errors', () => {
  test("the outer realm's errors are recognised, subclasses stay apart", async () => {
    const missing = await readFile('does-not-exist').catch((reason: unknown) => reason);
    expect(missing).toBeInstanceOf(Error);
    expect(missing).not.toBeInstanceOf(TypeError);
    class Own extends Error {}
    expect(missing).not.toBeInstanceOf(Own);
    expect(new Own()).toBeInstanceOf(Error);
    expect(() => BigInt('not a number')).toThrow(SyntaxError);
  });
});
