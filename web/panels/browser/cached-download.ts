/** A file from the server, kept by the browser; progress while it comes. */
import { isOfAnotherVersion } from '../../api/model-file.js';

const cacheName = 'retort';

export interface Download {
  readonly url: string;
  /** Of the request for it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Says which content is meant: another stamp under the same address is fetched anew. */
  readonly stamp: string;
}

/** @param onBytes called with the bytes of each part that arrives, and whether it was kept already */
export async function download(
  { url, headers = {}, stamp }: Download,
  onBytes: (bytes: number, cached: boolean) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = `${url}?${stamp}`;
  const cache = await openCache();
  const kept = await cache?.match(key);
  const response = kept ?? (await fetch(url, { headers }));
  if (!response.ok) throw new Error(`${url}: status ${String(response.status)}`);
  const content = await readAll(response, (bytes) => onBytes(bytes, kept !== undefined));
  if (kept === undefined && cache !== null) {
    for (const old of await cache.keys()) {
      const { pathname } = new URL(old.url);
      if (pathname === url || isOfAnotherVersion(pathname, url)) await cache.delete(old);
    }
    // A full disk leaves the file to be fetched again.
    await cache.put(key, new Response(content)).catch(() => undefined);
  }
  return content;
}

/** Null where the browser keeps nothing: without https, or in some private windows. */
async function openCache(): Promise<Cache | null> {
  return 'caches' in globalThis ? caches.open(cacheName).catch(() => null) : null;
}

async function readAll(
  response: Response,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) throw new Error('the answer is empty');
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    onBytes(part.value.length);
  }
  const content = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    content.set(part, offset);
    offset += part.length;
  }
  return content;
}
