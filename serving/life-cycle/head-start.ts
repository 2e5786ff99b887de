/** A spare worker opens the default model while the server's own modules load. */
import { openBundle } from '../../core/bundle/read.js';
import { listRepository } from '../../core/bundle/repository.js';
import type { ServeConfig } from '../config.js';
import type { SpareProcess } from '../workers/channel.js';
import type { PoolMessage } from '../workers/protocol.js';
import { runSettings, workerSetup } from './run-settings.js';

/** What fails here fails again when the model is loaded, and is told then. */
export async function giveHeadStart({ child }: SpareProcess, config: ServeConfig): Promise<void> {
  try {
    const bundles = await listRepository(config.repository);
    const { name = bundles[0]?.name, version } = config.models?.[0] ?? {};
    const address = bundles.find(
      (bundle) => bundle.name === name && (version === undefined || bundle.version === version),
    );
    if (address === undefined) return;
    const bundle = await openBundle(address.folder, { checkFiles: false });
    const setup = { ...workerSetup(bundle, runSettings(config, address.name), true), checkFiles: false };
    child.send({ kind: 'prepare', setup } satisfies PoolMessage, () => undefined);
  } catch {
    // As said above.
  }
}
