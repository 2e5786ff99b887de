/** A file of a served version. */
import type { Manifest } from './schemas.js';

export function modelFileUrl({ name, version }: Pick<Manifest, 'name' | 'version'>, file: string): string {
  const [model, of, path] = [name, version, file].map(encodeURIComponent);
  return `/v1/models/${model ?? ''}/versions/${of ?? ''}/files/${path ?? ''}`;
}
