/** A bundle as what is exported anew: for another opset, or with other variants. */
import { FOREIGN_NETWORK, type Manifest } from '../../core/bundle/manifest.js';
import { goldenFiles, openBundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { parametersOfBundle } from '../../models/bundle-parameters.js';
import { networkOf } from '../../models/networks.js';
import type { ExportSource } from './source.js';

/** @throws RetortError of the bundle; export_graph_alone, export_parameter_missing */
export async function bundleSource(folder: string): Promise<ExportSource> {
  const bundle = await openBundle(folder);
  const { manifest, golden } = bundle;
  if (manifest.network.kind === FOREIGN_NETWORK) throw fail('export_graph_alone', { path: folder });
  const network = networkOf(manifest.network.kind, manifest.network.config);
  const parameters = await parametersOfBundle(bundle, network.parameters);
  const missing = network.parameters.find(({ name }) => !parameters.has(name));
  if (missing !== undefined) throw fail('export_parameter_missing', { path: folder, name: missing.name });
  const { command, seed, base, teacher, data, settings } = manifest.lineage;
  return {
    network: manifest.network,
    parameters,
    tokenizer: manifest.tokenizer,
    tokenizerFiles: tokenizerFiles(manifest).map((file) => bundle.path(file)),
    tokenizerFolder: folder,
    texts: golden.cases.map(({ text }) => text),
    accuracy: manifest.accuracy,
    calibration: manifest.calibration,
    agreement: manifest.agreement,
    lineage: { command, seed, base, teacher, data, settings },
  };
}

/** What is neither a variant nor made by every export. */
function tokenizerFiles({ files, variants }: Manifest): string[] {
  const others = new Set([
    ...goldenFiles({ variants }),
    'MODEL_CARD.md',
    ...variants.map(({ file }) => file),
  ]);
  return files.map(({ path }) => path).filter((file) => !others.has(file));
}
