/** What a server and its models say of themselves, in the words of the Open Inference Protocol v2. */
import type { Manifest } from '../../core/bundle/manifest.js';
import type { ServedModel } from '../model-registry.js';
import { version } from '../version.js';
import type { ServingContext } from './context.js';
import { v2Datatypes } from './tensors.js';

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 for what a request chooses. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  /** Beyond the protocol: how it is computed, and what its scores can be taken for. */
  readonly parameters: {
    readonly execution_provider: string;
    readonly precision: string;
    /** What divides the logits, and the expected calibration error of the scores; null where it is not calibrated. */
    readonly temperature: number | null;
    readonly calibration_error: number | null;
  };
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export const serverMetadata = {
  name: 'retort',
  version,
  extensions: ['binary_tensor_data', 'model_repository'],
} as const;

/** False with no model, while one is loading or warming, and while draining. */
export function serverReady({ registry, draining }: ServingContext): boolean {
  return registry.ready && !draining;
}

/** @throws RetortError model_unknown, model_not_ready */
export function modelReady(context: ServingContext, name?: string, version?: string): boolean {
  return described(context, name, version).pool.readyWorkers > 0 && !context.draining;
}

/** @throws RetortError model_unknown, model_not_ready */
export function modelMetadata(context: ServingContext, name?: string, version?: string): ModelMetadata {
  const { manifest, pool } = described(context, name, version);
  const { provider, precision } = pool.facts;
  return {
    name: manifest.name,
    versions: context.registry.labelled.flatMap(({ model }) =>
      model.manifest.name === manifest.name ? [model.manifest.version] : [],
    ),
    platform: 'onnx_onnxv1',
    parameters: {
      execution_provider: provider,
      precision,
      temperature: manifest.calibration?.temperature ?? null,
      calibration_error: manifest.calibration?.error.after ?? null,
    },
    // Either the tensors, or `text` alone.
    inputs: [...manifest.inputs.map(port), { name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [
      ...manifest.outputs.map(port),
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'score', datatype: 'FP32', shape: [-1] },
    ],
  };
}

/** The version that is named; the stable one where none is, whatever a canary's share. */
function described({ registry }: ServingContext, name?: string, version?: string): ServedModel {
  const stable = registry.models.find(({ manifest }) => name === undefined || manifest.name === name);
  return version === undefined && stable !== undefined ? stable : registry.find(name, version);
}

function port({ name, dtype, shape }: Manifest['inputs'][number]): TensorMetadata {
  return {
    name,
    datatype: v2Datatypes[dtype],
    shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
  };
}
