/**
 * Published shapes of the ERNIE family, for checkpoints that come without a configuration. Sources: PaddleNLP's
 * ernie/configuration.py and ernie_gram/configuration.py.
 */
import type { EncoderConfig } from './encoder-config.js';

/** What the members share where they do not say otherwise: a base encoder of BERT's size. */
const base: EncoderConfig = {
  vocabularySize: 40_000,
  layers: 12,
  hidden: 768,
  heads: 12,
  inner: 3072,
  positions: 2048,
  tokenTypes: 4,
  taskTypes: 3,
  activation: 'gelu',
  // Paddle's encoder layers were written with its own default.
  layerNormEpsilon: 1e-5,
  padId: 0,
  positionOffset: 0,
  pooler: true,
  classes: 2,
  pairs: false,
};

const ernie1: EncoderConfig = {
  ...base,
  vocabularySize: 18_000,
  positions: 513,
  tokenTypes: 2,
  taskTypes: 0,
  activation: 'relu',
};

export const encoderPresets = {
  'ernie-1.0': ernie1,
  'ernie-tiny': {
    ...ernie1,
    vocabularySize: 50_006,
    layers: 3,
    hidden: 1024,
    heads: 16,
    inner: 4096,
    positions: 600,
  },
  'ernie-gram-zh': { ...ernie1, vocabularySize: 18_018, positions: 512, activation: 'gelu' },
  'ernie-3.0-base-zh': base,
  'ernie-3.0-medium-zh': { ...base, layers: 6, taskTypes: 16 },
  'ernie-3.0-mini-zh': { ...base, layers: 6, hidden: 384, inner: 1536, taskTypes: 16 },
  'ernie-3.0-micro-zh': { ...base, layers: 4, hidden: 384, inner: 1536, taskTypes: 16 },
  'ernie-3.0-nano-zh': { ...base, layers: 4, hidden: 312, inner: 1248, taskTypes: 16 },
} as const satisfies Record<string, EncoderConfig>;

export type EncoderPreset = keyof typeof encoderPresets;
