/** What can be exported: a network with its parameters and its tokenizer, wherever they came from. */
import type { Manifest } from '../../core/bundle/manifest.js';
import type { Tensor } from '../../core/tensor.js';

export interface ExportSource {
  readonly network: Manifest['network'];
  /** Under the names that the network gives them. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly tokenizer: Manifest['tokenizer'];
  /** Full paths; they go beside the manifest under their base names. */
  readonly tokenizerFiles: readonly string[];
  /** The folder in which the tokenizer finds them. */
  readonly tokenizerFolder: string;
  /** On which the written graph is compared with the eager forward. */
  readonly texts: readonly string[];
  /** What is known of these parameters already. */
  readonly accuracy: Manifest['accuracy'];
  readonly calibration: Manifest['calibration'];
  readonly agreement?: Manifest['agreement'] | undefined;
  readonly lineage: Omit<Manifest['lineage'], 'createdAt' | 'producer'>;
}
