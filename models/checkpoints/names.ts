/**
 * Names of parameters in checkpoints, as the libraries that write them choose them, and as models/ernie.ts has them.
 * A checkpoint is of one style throughout. Sources: transformers' modeling_bert.py, PaddleNLP's ernie/modeling.py.
 */

export interface Place {
  /** As models/ernie.ts names it. */
  readonly name: string;
  /** Whether the file has the matrix as [out, in], where the network has [in, out]. */
  readonly transposed: boolean;
}

interface Style {
  readonly name: string;
  /** A name that only this style has. */
  readonly sign: RegExp;
  /** Blocks of a layer by their name in the file, behind the layer's number. */
  readonly layer: RegExp;
  readonly blocks: Readonly<Record<string, string>>;
  readonly transposed: boolean;
  /** Of the library, where a configuration does not say. */
  readonly layerNormEpsilon: number;
}

/** Where a file's parameters go. */
export interface Places {
  readonly layerNormEpsilon: number;
  /** By name in the file; null where the encoder has no place for it. */
  readonly of: ReadonlyMap<string, Place | null>;
}

const styles: readonly Style[] = [
  {
    name: 'Hugging Face',
    sign: /(^|\.)encoder\.layer\.\d+\./,
    layer: /^encoder\.layer\.(\d+)\.(.+)\.(\w+)$/,
    blocks: {
      'attention.self.query': 'attention.query',
      'attention.self.key': 'attention.key',
      'attention.self.value': 'attention.value',
      'attention.output.dense': 'attention.output',
      'attention.output.LayerNorm': 'attention.norm',
      'intermediate.dense': 'feed_forward.inner',
      'output.dense': 'feed_forward.outer',
      'output.LayerNorm': 'feed_forward.norm',
    },
    transposed: true,
    layerNormEpsilon: 1e-12,
  },
  {
    name: 'PaddleNLP',
    sign: /(^|\.)encoder\.layers\.\d+\.self_attn\./,
    layer: /^encoder\.layers\.(\d+)\.(.+)\.(\w+)$/,
    blocks: {
      'self_attn.q_proj': 'attention.query',
      'self_attn.k_proj': 'attention.key',
      'self_attn.v_proj': 'attention.value',
      'self_attn.out_proj': 'attention.output',
      norm1: 'attention.norm',
      linear1: 'feed_forward.inner',
      linear2: 'feed_forward.outer',
      norm2: 'feed_forward.norm',
    },
    transposed: false,
    layerNormEpsilon: 1e-5,
  },
];

/** Outside of the layers both styles agree; a RoBERTa classifier's dense layer is what others call the pooler. */
const others: Readonly<Record<string, string>> = {
  'embeddings.LayerNorm': 'embeddings.norm',
  'embeddings.layer_norm': 'embeddings.norm',
  'pooler.dense': 'pooler',
  classifier: 'classifier',
  'classifier.dense': 'pooler',
  'classifier.out_proj': 'classifier',
};

const table = /^embeddings\.(word|position|token_type|task_type)_embeddings\.weight$/;

/** The part after the last dot of a normalisation's and of a matrix's parameters. */
const normParts: Readonly<Record<string, string>> = {
  weight: 'scale',
  gamma: 'scale',
  bias: 'bias',
  beta: 'bias',
};
const denseParts: Readonly<Record<string, string>> = { weight: 'weight', bias: 'bias' };

/** The names of known styles, for messages. */
export const styleNames = styles.map(({ name }) => name);

/** Null where the names are of no style that is known. */
export function placesOf(names: readonly string[]): Places | null {
  const style = styles.find(({ sign }) => names.some((name) => sign.test(name)));
  if (style === undefined) return null;
  const { layerNormEpsilon } = style;
  // Training in parallel puts `module.` before the names, a model around the encoder another prefix.
  const bare = (name: string) => name.replace(/^((bert|ernie|roberta|model|module)\.)+/, '');
  // A RoBERTa classifier reads the first token's state, not what its encoder's pooler makes of it.
  const poolerUnused = names.some((name) => bare(name).startsWith('classifier.dense.'));
  const place = (name: string) =>
    poolerUnused && bare(name).startsWith('pooler.dense.') ? null : placeOf(bare(name), style);
  return { layerNormEpsilon, of: new Map(names.map((name) => [name, place(name)])) };
}

function placeOf(name: string, { layer, blocks, transposed }: Style): Place | null {
  const tableName = table.exec(name)?.[1];
  if (tableName !== undefined) return { name: `embeddings.${tableName}`, transposed: false };
  const [, index, inLayer, layerPart] = layer.exec(name) ?? [];
  const cut = name.lastIndexOf('.');
  const block = inLayer === undefined ? own(others, name.slice(0, cut)) : own(blocks, inLayer);
  if (block === undefined) return null;
  const part = own(block.endsWith('norm') ? normParts : denseParts, layerPart ?? name.slice(cut + 1));
  if (part === undefined) return null;
  const whole = `${index === undefined ? '' : `layers.${String(Number(index))}.`}${block}.${part}`;
  return { name: whole, transposed: transposed && part === 'weight' };
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
