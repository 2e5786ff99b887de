/** The package's library interface: a bundle as a predictor with handles, on the calling thread. */
import { z } from 'zod';
import type { Manifest } from '../../core/bundle/manifest.js';
import { openBundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { argmax, probabilities } from '../../core/probabilities.js';
import { Predictor } from '../predictor.js';
import { ownSessionSettingsSchema, sessionSettingsSchema } from '../session-settings.js';
import { InputHandle, OutputHandle } from './handles.js';

const { extra: sessionOptions } = ownSessionSettingsSchema.shape;
const configSchema = ownSessionSettingsSchema.omit({ optimization: true, extra: true }).extend({
  model: z.string(),
  threads: z.int().min(1).max(256).optional(),
  sessionOptions,
});

export interface PredictorConfig {
  /** The folder of a bundle, `<name>/<version>`. */
  readonly model: string;
  /** `auto`: the first accelerator built into ONNX Runtime that opens, or else the CPU. Default: `cpu`. */
  readonly provider?: 'auto' | 'cpu' | 'cuda' | 'tensorrt' | 'coreml' | 'dml' | 'webgpu';
  /** Whether the CPU computes where the provider cannot be opened. Default: false. */
  readonly fallback?: boolean;
  /** The variant that computes. Default: `auto`, int8 where the bundle has it and this CPU is quick at it, else the first. */
  readonly precision?: 'auto' | 'fp32' | 'fp16' | 'int8' | 'int4';
  /** Intra-op threads. Default: 1. */
  readonly threads?: number;
  /** Whether idle threads spin. Default: false. */
  readonly spinning?: boolean;
  /** Further session options by ONNX Runtime's own names. */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
}

export interface Label {
  readonly label: string;
  /** Calibrated where the model is. */
  readonly score: number;
  readonly logits: readonly number[];
}

export interface HandlePredictor {
  readonly manifest: Manifest;
  /** The execution provider in use. */
  readonly provider: string;
  /** What a user should know, such as another version of the segmenter, or a provider that fell back. */
  readonly warnings: readonly string[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** @throws RetortError handle_unknown */
  input(name: string): InputHandle;
  /** @throws RetortError handle_unknown */
  output(name: string): OutputHandle;
  /**
   * Computes the outputs of what the input handles hold. The calling thread is blocked meanwhile.
   * @throws RetortError session_run_failed
   */
  run(): Promise<void>;
  /** A text's ids, as `input_ids` takes them. */
  encode(text: string): number[];
  /** Texts in, labels out, without handles. @throws RetortError texts_invalid */
  predict(texts: readonly string[]): Promise<Label[]>;
  close(): Promise<void>;
}

/**
 * Opens a bundle: its files are checked, the session is warm, and its logits are as the export gave them.
 * @throws RetortError predictor_config_invalid; of the bundle, the tokenizer and the session; provider_missing,
 * bundle_parity, variant_missing
 */
export async function createPredictor(config: PredictorConfig): Promise<HandlePredictor> {
  const given = configSchema.safeParse(config);
  if (!given.success) throw fail('predictor_config_invalid', { reason: z.prettifyError(given.error) });
  const { model, threads = 1, sessionOptions = {}, ...session } = given.data;
  const bundle = await openBundle(model);
  const settings = sessionSettingsSchema.parse({ ...session, extra: sessionOptions });
  const predictor = await Predictor.open(bundle, threads, settings);
  const { manifest } = bundle;
  const inputs = new Map(manifest.inputs.map((port) => [port.name, new InputHandle(port)]));
  const outputs = new Map(manifest.outputs.map((port) => [port.name, new OutputHandle(port)]));
  let closing: Promise<void> | null = null;
  return {
    manifest,
    provider: predictor.provider,
    warnings: predictor.warnings,
    inputNames: [...inputs.keys()],
    outputNames: [...outputs.keys()],
    input: (name) => named(inputs, name),
    output: (name) => named(outputs, name),
    async run() {
      const feeds = Object.fromEntries([...inputs].map(([name, handle]) => [name, handle.tensor()]));
      for (const [name, value] of Object.entries(await predictor.runTensors(feeds)))
        outputs.get(name)?.set(value);
    },
    encode: (text) => predictor.tokenizer.encode(text),
    async predict(texts) {
      if (!z.array(z.string()).safeParse(texts).success) throw fail('texts_invalid', {});
      const { predictions } = await predictor.run(texts.map((text) => ({ text })));
      return predictions.map(({ logits }) => {
        const scores = probabilities(logits, manifest.calibration?.temperature);
        const best = argmax(scores);
        return { label: manifest.labels[best] ?? '', score: scores[best] ?? 0, logits };
      });
    },
    close: () => (closing ??= predictor.close()),
  };
}

function named<T>(handles: ReadonlyMap<string, T>, name: string): T {
  const handle = handles.get(name);
  if (handle === undefined) throw fail('handle_unknown', { name, known: [...handles.keys()].join(', ') });
  return handle;
}
