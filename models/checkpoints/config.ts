/** A checkpoint's configuration file, in the forms that libraries write it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { parseJson } from '../../core/parse-json.js';
import { type EncoderConfig, encoderConfigSchema } from '../encoder-config.js';

/** Hugging Face and newer PaddleNLP, older PaddleNLP, ERNIE's own repository. */
const configFiles = ['config.json', 'model_config.json', 'ernie_config.json'] as const;

const size = z.int().positive();

const configSchema = z.looseObject({
  model_type: z.string().optional(),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size,
  hidden_act: z.enum(['relu', 'gelu', 'gelu_new']),
  intermediate_size: size.nullish(),
  type_vocab_size: size.nullish(),
  sent_type_vocab_size: size.nullish(),
  task_type_vocab_size: size.nullish(),
  use_task_id: z.boolean().nullish(),
  layer_norm_eps: z.number().positive().nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  position_embedding_type: z.literal('absolute', { error: 'only absolute positions are known' }).nullish(),
  num_labels: z.int().nullish(),
});

/** Older PaddleNLP keeps the encoder's arguments within those of the classifier around it. */
const nestedSchema = z.looseObject({ init_args: z.array(z.record(z.string(), z.unknown())).min(1) });

/** Families that count positions from behind the padding id. */
const offsetFamilies = new Set(['roberta', 'xlm-roberta', 'camembert']);

/** What the weights say of the configuration. */
export interface WeightsFacts {
  /** Of the classifier; null where there is none. */
  readonly classes: number | null;
  /** Where the configuration does not say. */
  readonly layerNormEpsilon: number;
}

/** @throws RetortError checkpoint_config_missing, checkpoint_config_invalid */
export async function readEncoderConfig(folder: string, facts: WeightsFacts): Promise<EncoderConfig> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fail('checkpoint_missing', { path: folder }, error);
  });
  const file = configFiles.find((name) => names.includes(name));
  if (file === undefined)
    throw fail('checkpoint_config_missing', { path: folder, known: configFiles.join(', ') });
  const whole = path.join(folder, file);
  const refuse = (reason: string) => fail('checkpoint_config_invalid', { path: whole, reason });
  const raw = parseJson(await readFile(whole, 'utf8'));
  const nested = nestedSchema.safeParse(raw);
  const parsed = configSchema.safeParse(nested.success ? nested.data.init_args[0] : raw);
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const config = encoderConfigSchema.safeParse(encoderConfig(parsed.data, facts));
  if (!config.success) throw refuse(z.prettifyError(config.error).replaceAll('\n', ' '));
  return config.data;
}

function encoderConfig(
  config: z.infer<typeof configSchema>,
  { classes, layerNormEpsilon }: WeightsFacts,
): z.input<typeof encoderConfigSchema> {
  const padId = config.pad_token_id ?? 0;
  return {
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads: config.num_attention_heads,
    inner: config.intermediate_size ?? 4 * config.hidden_size,
    positions: config.max_position_embeddings,
    tokenTypes: config.sent_type_vocab_size ?? config.type_vocab_size ?? 2,
    taskTypes: config.use_task_id === true ? (config.task_type_vocab_size ?? 3) : 0,
    activation: config.hidden_act,
    layerNormEpsilon: config.layer_norm_eps ?? layerNormEpsilon,
    padId,
    positionOffset: offsetFamilies.has(config.model_type ?? '') ? padId + 1 : 0,
    pooler: true,
    classes: classes ?? Math.max(2, config.num_labels ?? 2),
  };
}
