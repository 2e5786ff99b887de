/** Fetches a public data set: resumes what was cut off, and keeps nothing whose md5 is not the catalogue's. */
import { fail, RetortError } from '../../core/errors.js';
import { networkReason } from '../../core/network-reason.js';
import type { PublicDataset } from './catalog.js';
import { fileDigest, PartFile } from './part-file.js';

export interface DownloadOptions {
  /** Where the file goes; `<out>.part` holds what came until it is whole. */
  readonly out: string;
  /** A server that sends nothing for so long is given up. */
  readonly idleMs?: number;
  /** More than this is not taken. */
  readonly largestBytes?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Aborting it stops the download, which can be resumed. */
  readonly signal?: AbortSignal;
}

export interface DownloadProgress {
  /** That are on disk, those of earlier runs counted. */
  readonly bytes: number;
  /** Of the whole file; null where the server does not say. */
  readonly total: number | null;
}

export interface DownloadReport {
  readonly path: string;
  readonly bytes: number;
  readonly md5: string;
  /** False when the whole file was there already. */
  readonly fetched: boolean;
  /** Bytes that an earlier run had left and that were used. */
  readonly resumedFrom: number;
}

const usualIdleMs = 30_000;
const usualLargestBytes = 64 * 2 ** 20;

/**
 * @throws RetortError download_url_invalid, download_failed, download_refused, download_stalled, download_too_large,
 * download_corrupt, download_stopped, download_other_file, file_unwritable
 */
export async function download(dataset: PublicDataset, options: DownloadOptions): Promise<DownloadReport> {
  const { url, md5, terms } = dataset;
  const { out } = options;
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') throw fail('download_url_invalid', { url });
  const present = await fileDigest(out);
  if (present !== null) {
    if (present.md5 !== md5) throw fail('download_other_file', { path: out, found: present.md5, md5 });
    return { path: out, ...present, fetched: false, resumedFrom: 0 };
  }
  const part = await PartFile.open(out, url);
  try {
    // A run that ended between the last byte and the renaming has left the whole file.
    const resumedFrom = part.md5 === md5 ? part.bytes : await receive(part, dataset, options);
    const found = part.md5;
    if (found !== md5) {
      await part.discard();
      throw fail('download_corrupt', { url, found, md5, path: out, terms });
    }
    await part.finish();
    return { path: out, bytes: part.bytes, md5, fetched: true, resumedFrom };
  } finally {
    await part.close();
  }
}

/** Appends what the part lacks; gives the number of bytes of it that were kept. */
async function receive(
  part: PartFile,
  { url, md5, terms }: PublicDataset,
  { out, idleMs = usualIdleMs, largestBytes = usualLargestBytes, onProgress, signal }: DownloadOptions,
): Promise<number> {
  const advice = { url, path: out, md5, terms };
  const stop = new AbortController();
  const idle = setTimeout(() => {
    stop.abort(fail('download_stalled', { ...advice, bytes: part.bytes, seconds: idleMs / 1000 }));
  }, idleMs);
  const interrupt = () => {
    stop.abort(fail('download_stopped', { url, bytes: part.bytes }));
  };
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted === true) interrupt();

  const request = async (from: number): Promise<Response> => {
    // Without this, fetch asks for a compressed body, whose length is another.
    const headers = new Headers({ 'accept-encoding': 'identity' });
    if (from > 0) {
      headers.set('range', `bytes=${String(from)}-`);
      if (part.validator !== null) headers.set('if-range', part.validator);
    }
    return fetch(url, { headers, signal: stop.signal });
  };

  const tooLarge = async () => {
    await part.discard();
    return fail('download_too_large', { ...advice, limit: largestBytes });
  };

  try {
    let answer = await request(part.bytes);
    if (!continues(answer, part.bytes) && (answer.status === 206 || answer.status === 416)) {
      await answer.body?.cancel();
      answer = await request(0);
    }
    const resumedFrom = continues(answer, part.bytes) ? part.bytes : 0;
    if (resumedFrom === 0) {
      if (answer.status !== 200) throw fail('download_refused', { ...advice, status: answer.status });
      await part.restart(validatorOf(answer));
    }
    const total = totalOf(answer, resumedFrom);
    if (total !== null && total > largestBytes) throw await tooLarge();
    onProgress?.({ bytes: part.bytes, total });
    for await (const chunk of answer.body ?? []) {
      idle.refresh();
      const bytes = chunk as Uint8Array;
      if (part.bytes + bytes.length > largestBytes) throw await tooLarge();
      await part.append(bytes);
      onProgress?.({ bytes: part.bytes, total });
    }
    return resumedFrom;
  } catch (error) {
    if (error instanceof RetortError) throw error;
    throw fail('download_failed', { ...advice, reason: networkReason(error) }, error);
  } finally {
    clearTimeout(idle);
    signal?.removeEventListener('abort', interrupt);
    stop.abort();
  }
}

/** Whether the body starts after the first `from` bytes of the file, of which there are some. */
function continues(answer: Response, from: number): boolean {
  return from > 0 && answer.status === 206 && contentRange(answer)?.start === from;
}

function contentRange(answer: Response): { start: number; total: number | null } | null {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '');
  if (match === null) return null;
  return { start: Number(match[1]), total: match[2] === '*' ? null : Number(match[2]) };
}

/** Bytes of the whole file, as far as the server says. */
function totalOf(answer: Response, resumedFrom: number): number | null {
  if (resumedFrom > 0) return contentRange(answer)?.total ?? null;
  const length = answer.headers.get('content-length');
  return length === null || answer.headers.has('content-encoding') ? null : Number(length);
}

/** What `If-Range` takes: a strong ETag, or else the date. */
function validatorOf(answer: Response): string | null {
  const etag = answer.headers.get('etag');
  return etag?.startsWith('"') === true ? etag : answer.headers.get('last-modified');
}
