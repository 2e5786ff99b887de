/** A network without the rows of its vocabulary that no text uses: on those texts it computes what it did. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../../core/errors.js';
import { float32, type Tensor } from '../../core/tensor.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { networkOf } from '../../models/networks.js';
import type { ExportSource } from '../sources/source.js';
import { prunedTokenizer } from './tokenizer-files.js';

export interface PrunedVocabulary {
  readonly source: ExportSource;
  readonly rows: { readonly before: number; readonly after: number };
}

/**
 * @param texts beside those that the source carries
 * @param folder where the tokenizer's file is written
 * @throws RetortError prune_tokenizer_unknown, prune_network_unknown; prune_ids_changed where a text becomes other pieces
 */
export async function pruneVocabulary(
  source: ExportSource,
  texts: readonly string[],
  folder: string,
): Promise<PrunedVocabulary> {
  const { network, parameters, tokenizer: descriptor } = source;
  const config = network.config;
  const rows = Number(config.vocabularySize);
  const table = networkOf(network.kind, config).parameters.find(
    ({ rowSparse, shape }) => rowSparse === true && shape[0] === rows,
  );
  const weights = table === undefined ? undefined : parameters.get(table.name);
  if (table === undefined || weights?.dtype !== 'float32')
    throw fail('prune_network_unknown', { kind: network.kind });
  const all = [...new Set([...source.texts, ...texts])];
  const before = await loadTokenizer(descriptor, source.tokenizerFolder);
  const ids = all.map((text) => before.encode(text));
  // Places behind a text hold 0, whatever it stands for.
  const used = new Set([0, ...ids.flat(), ...(typeof config.padId === 'number' ? [config.padId] : [])]);
  const { kept, file, contents } = await prunedTokenizer(descriptor, source.tokenizerFolder, used);
  const written = path.join(folder, file);
  await writeFile(written, contents);
  const now = new Map(kept.map((id, place) => [id, place]));

  const after = await loadTokenizer(descriptor, folder);
  for (const [place, text] of all.entries()) {
    const wanted = (ids[place] ?? []).map((id) => now.get(id));
    if (String(after.encode(text)) !== String(wanted)) throw fail('prune_ids_changed', { text });
  }
  return {
    source: {
      ...source,
      network: { ...network, config: { ...config, ...moved(config, kept, now) } },
      parameters: new Map(parameters).set(table.name, rowsOf(weights, kept)),
      tokenizerFiles: source.tokenizerFiles.map((one) => (path.basename(one) === file ? written : one)),
      tokenizerFolder: folder,
      // What was measured of all rows is not true of fewer.
      accuracy: [],
      calibration: null,
      agreement: undefined,
    },
    rows: { before: rows, after: kept.length },
  };
}

function moved(
  { padId }: Readonly<Record<string, unknown>>,
  kept: readonly number[],
  now: ReadonlyMap<number, number>,
): Record<string, number> {
  const vocabularySize = kept.length;
  return typeof padId === 'number' ? { vocabularySize, padId: now.get(padId) ?? 0 } : { vocabularySize };
}

function rowsOf({ data, shape }: Tensor, kept: readonly number[]): Tensor {
  const [, width = 0] = shape;
  const rows = new Float32Array(kept.length * width);
  kept.forEach((id, place) => {
    for (let column = 0; column < width; column += 1)
      rows[place * width + column] = Number(data[id * width + column] ?? 0);
  });
  return float32(rows, [kept.length, width]);
}
