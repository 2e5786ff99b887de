/** A file of a served version. */
import type { Manifest } from './schemas.js';

export function modelFileUrl({ name, version }: Pick<Manifest, 'name' | 'version'>, file: string): string {
  const [model, of, path] = [name, version, file].map(encodeURIComponent);
  return `/v1/models/${model ?? ''}/versions/${of ?? ''}/files/${path ?? ''}`;
}

const versionFolder = /^(\/v1\/models\/[^/]+\/versions\/)([^/]+)\//;

/** Whether a path is that of a file of another version of the model whose file `url` is. */
export function isOfAnotherVersion(path: string, url: string): boolean {
  const [[, family, version] = [], [, ofModel, of] = []] = [path, url].map(
    (address) => versionFolder.exec(address) ?? [],
  );
  return family !== undefined && family === ofModel && version !== of;
}
